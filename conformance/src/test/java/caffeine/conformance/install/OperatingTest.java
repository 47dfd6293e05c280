package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.FreePort;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs every command of docs/operating.md, in order, as root of a copy of this system. The build is
 * there already, systemd is not and only writes down what it is told, and the port is a free one.
 */
class OperatingTest {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\n(.*?)^```$");

    /** All before the first command of the document. */
    private static final String PREPARE =
            """
            set -e
            cd "$FOLDER"
            mount -t tmpfs layers .
            mkdir upper work system
            mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay system
            mount --bind /dev system/dev
            mkdir -p system/srv/site system/src
            # The index of all manual pages takes longer than all else here.
            rm -f system/var/lib/man-db/auto-update
            cp -RTp "$READY" system/src/ready
            mount -t proc proc system/proc
            for name in systemctl journalctl; do
                printf '#!/bin/sh\\necho %s "$@" >>/src/asked\\n' $name >system/usr/local/sbin/$name
                chmod 755 system/usr/local/sbin/$name
            done
            cat >system/src/build.sh <<'END'
            #!/bin/sh
            cp -RTp ready build
            sed -i "s|^PREFIX = .*|PREFIX = $1|" build/Makefile
            END
            cat >system/srv/site/hello <<'END'
            #!/bin/sh
            HEADecho hello
            END
            chmod 755 system/src/build.sh system/srv/site/hello
            echo mounted
            exec chroot system env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c '
            set -e
            . /src/commands
            ' 2>&1
            """;

    @Test
    void everyCommandWorks() throws IOException {
        Run.needsRoot("act as root of another system");
        Run.needs("dpkg-deb", "dpkg");
        Run.needs("make", "make");
        String text = Files.readString(Repository.root().resolve("docs/operating.md"));
        StringBuilder commands = new StringBuilder();
        Matcher block = BLOCK.matcher(text);
        String port = Integer.toString(FreePort.any());
        int count = 0;
        while (block.find()) {
            count++;
            commands.append("echo '== block %d'\ncd /src\n".formatted(count));
            commands.append(block.group(1).replace("8080", port));
        }
        commands.append("echo '== end'\nls -d /usr/local/bin/caffeine || echo removed\n");
        assertThat(count).isGreaterThan(15);
        try (Tree tree = new Tree()) {
            tree.file("commands", commands.toString(), "rw-r--r--");
            String script =
                    PREPARE.replace("HEAD", Scripts.DIRECT_HEAD)
                            .replace(
                                    "mount -t tmpfs layers .\n",
                                    "cp commands /dev/shm/$$\nmount -t tmpfs layers .\n")
                            .replace(
                                    "echo mounted\n",
                                    "mv /dev/shm/$$ system/src/commands\necho mounted\n");
            Build.deb(); // No other test then changes the folder while it is copied.
            Outcome outcome =
                    Run.of(
                                    "unshare",
                                    "--mount",
                                    "--pid",
                                    "--fork",
                                    "--kill-child",
                                    "sh",
                                    "-c",
                                    script)
                            .with("FOLDER", tree.root().toString())
                            .with("READY", Build.FOLDER.toString())
                            .outcome();
            Assumptions.assumeTrue(
                    outcome.out().startsWith("mounted\n"), "no layers can be mounted: " + outcome);
            assertThat(outcome.exit()).as(outcome.toString()).isZero();
            assertThat(outcome.out())
                    .containsSubsequence(
                            "installed /usr/local/bin/caffeine\n",
                            "caffeine 0.",
                            "built /src/build/caffeine-httpd_",
                            "hello\n",
                            "listening on http://127.0.0.1:",
                            "site  ",
                            "stopped site",
                            "emptied /root/.local/share/caffeine/site.log\n",
                            "== end\n",
                            "removed\n");
        }
    }
}

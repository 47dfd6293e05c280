package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;

/** The Debian package: what is in it, and what it does to a system, which is a copy of this one. */
class PackageTest {

    private static Path deb;

    @BeforeAll
    static void build() {
        Run.needs("dpkg-deb", "dpkg");
        deb = Build.deb();
    }

    @Test
    void holdsWhatBelongsToItAndIsRoots() {
        String list = Run.of("dpkg-deb", "--contents", deb.toString()).output();
        assertThat(list.lines()).allMatch(line -> line.contains(" root/root "));
        assertThat(list)
                .contains(
                        " ./usr/bin/caffeine -> ../lib/caffeine/",
                        " ./usr/lib/systemd/system/caffeine@.service\n",
                        " ./usr/lib/systemd/system/caffeine@.socket\n",
                        " ./usr/share/bash-completion/completions/caffeine\n",
                        " ./usr/share/doc/caffeine-httpd/copyright\n",
                        " ./usr/share/man/man1/caffeine.1.gz\n",
                        " ./usr/share/zsh/vendor-completions/_caffeine\n")
                .doesNotContain("/tmp/", "/home/", "/root/", "./usr/local");
        String control = Run.of("dpkg-deb", "--info", deb.toString()).output();
        assertThat(control).containsPattern("Version: \\d+\\.\\d+\\.\\d+(~\\d{8}\\.\\d{6})?\n");
    }

    /** What Debian calls "caffeine" is another program, with the same name for its command. */
    @Test
    void isNotTakenForThePackageOfThatName() {
        String fields =
                Run.of("dpkg-deb", "--field", deb.toString(), "Package", "Conflicts", "Replaces")
                        .output();
        assertThat(fields)
                .isEqualTo(
                        """
                        Package: caffeine-httpd
                        Conflicts: caffeine
                        Replaces: caffeine (<< 1~)
                        """);
        assertThat(deb.getFileName().toString()).startsWith("caffeine-httpd_");
    }

    @Test
    void installsAndIsRemovedWithoutATrace() {
        Outcome outcome =
                onACopyOfThisSystem(
                        """
                        dpkg --no-triggers -i /root/caffeine.deb >/dev/null
                        getent passwd caffeine
                        id -nG caffeine
                        caffeine --version
                        setpriv --reuid=caffeine --regid=caffeine --clear-groups caffeine -L
                        dpkg --no-triggers -i /root/caffeine.deb >/dev/null
                        echo "port = 1" >/etc/caffeine/kept.toml
                        mkdir /var/lib/caffeine
                        dpkg --no-triggers -r caffeine-httpd >/dev/null
                        cat /etc/caffeine/kept.toml
                        ls -d /usr/lib/caffeine /usr/bin/caffeine || echo "none is there"
                        dpkg --no-triggers -P caffeine-httpd >/dev/null
                        ls -d /etc/caffeine /var/lib/caffeine || echo "none of these either"
                        getent passwd caffeine || getent group caffeine || echo "nobody"
                        ls /usr/lib/systemd/system /usr/share/man/man1 /usr/share/doc |
                            grep caffeine || echo "nothing"
                        """);
        assertThat(outcome.out())
                .containsSubsequence(
                        "/var/lib/caffeine:/usr/sbin/nologin\n",
                        "caffeine\n",
                        "caffeine 0.",
                        "no instance runs\n",
                        "port = 1\n",
                        "none is there\n",
                        "none of these either\n",
                        "nobody\n",
                        "nothing\n");
    }

    /** With stand-ins for Debian's package and for ours as it was called at first. */
    @Test
    void meetsPackagesThatAreCalledCaffeine() {
        Outcome outcome =
                onACopyOfThisSystem(
                        """
                        cd /root
                        other() {
                            mkdir -p "$1/DEBIAN" "$1/usr/bin"
                            printf "Package: caffeine\\nVersion: $1\\nArchitecture: all\\n" >$1/DEBIAN/control
                            printf "Maintainer: a <a@b>\\nDescription: other\\n" >>$1/DEBIAN/control
                            printf "#!/bin/sh\\necho coffee\\n" >$1/usr/bin/caffeine
                            chmod 755 $1/usr/bin/caffeine
                        }
                        other 2.9.12-1
                        dpkg-deb --build 2.9.12-1 debians.deb >/dev/null
                        other 0.1.0
                        cp /root/ours/postrm 0.1.0/DEBIAN/
                        dpkg-deb --build 0.1.0 first.deb >/dev/null

                        dpkg --no-triggers -i first.deb >/dev/null
                        mkdir -p /etc/caffeine
                        echo "port = 2" >/etc/caffeine/kept.toml
                        dpkg --no-triggers -i caffeine.deb >/dev/null && caffeine --version
                        dpkg --no-triggers -P caffeine >/dev/null
                        cat /etc/caffeine/kept.toml
                        getent passwd caffeine

                        dpkg --no-triggers -i debians.deb >/dev/null || echo "refused: theirs"
                        apt-get install --simulate --quiet ./debians.deb | grep ^Remv || true
                        dpkg --no-triggers -P caffeine-httpd >/dev/null
                        dpkg --no-triggers -i debians.deb >/dev/null && caffeine
                        dpkg --no-triggers -i caffeine.deb >/dev/null || echo "refused: ours"
                        caffeine
                        """);
        assertThat(outcome.out())
                .containsSubsequence(
                        "caffeine 0.",
                        "port = 2\n",
                        "/var/lib/caffeine:/usr/sbin/nologin\n",
                        "refused: theirs\n",
                        "Remv caffeine-httpd ",
                        "coffee\n",
                        "refused: ours\n",
                        "coffee\n");
    }

    /** The system's folders with a layer over them that takes what is written. */
    private static Outcome onACopyOfThisSystem(String commands) {
        Run.needsRoot("install a package");
        String script =
                """
                set -e
                cd "$FOLDER"
                mount -t tmpfs layers .
                mkdir upper work system
                mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay system
                mount --bind /proc system/proc
                mount --bind /dev system/dev
                cp "$DEB" system/root/caffeine.deb
                dpkg-deb --control "$DEB" system/root/ours
                echo mounted
                exec chroot system sh -ec "$COMMANDS" 2>&1
                """;
        try (Tree tree = new Tree()) {
            Outcome outcome =
                    Run.of("unshare", "--mount", "sh", "-c", script)
                            .with("FOLDER", tree.root().toString())
                            .with("DEB", deb.toString())
                            .with("COMMANDS", commands)
                            .outcome();
            Assumptions.assumeTrue(
                    outcome.out().startsWith("mounted\n"), "no layers can be mounted: " + outcome);
            assertThat(outcome.exit()).as(outcome.toString()).isZero();
            return outcome;
        }
    }
}

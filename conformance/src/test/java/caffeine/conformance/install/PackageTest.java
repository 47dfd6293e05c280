package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;

/** The Debian package: what is in it, and what it does to a system, which is a copy of this one. */
class PackageTest {

    private static final Tree TREE = new Tree();
    private static Path deb;

    @BeforeAll
    static void build() {
        Run.needs("dpkg-deb", "dpkg");
        deb = Build.deb();
    }

    @AfterAll
    static void clean() {
        TREE.close();
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
                        " ./usr/share/doc/caffeine/copyright\n",
                        " ./usr/share/man/man1/caffeine.1.gz\n",
                        " ./usr/share/zsh/vendor-completions/_caffeine\n")
                .doesNotContain("/tmp/", "/home/", "/root/", "./usr/local");
        String control = Run.of("dpkg-deb", "--info", deb.toString()).output();
        assertThat(control).containsPattern("Version: \\d+\\.\\d+\\.\\d+(~\\d{8}\\.\\d{6})?\n");
    }

    /** The system's folders with a layer over them that takes what is written. */
    @Test
    void installsAndIsRemovedWithoutATrace() {
        Run.needsRoot("install a package");
        String script =
                """
                set -e
                cd '%s'
                mount -t tmpfs layers .
                mkdir upper work system
                mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay system
                mount --bind /proc system/proc
                mount --bind /dev system/dev
                cp '%s' system/root/caffeine.deb
                echo mounted
                exec chroot system sh -ec '
                    dpkg --no-triggers -i /root/caffeine.deb >/dev/null
                    getent passwd caffeine
                    id -nG caffeine
                    caffeine --version
                    setpriv --reuid=caffeine --regid=caffeine --clear-groups caffeine -L
                    dpkg --no-triggers -i /root/caffeine.deb >/dev/null
                    echo "port = 1" >/etc/caffeine/kept.toml
                    mkdir /var/lib/caffeine
                    dpkg --no-triggers -r caffeine >/dev/null
                    cat /etc/caffeine/kept.toml
                    ls -d /usr/lib/caffeine /usr/bin/caffeine || echo "none is there"
                    dpkg --no-triggers -P caffeine >/dev/null
                    ls -d /etc/caffeine /var/lib/caffeine || echo "none of these either"
                    getent passwd caffeine || getent group caffeine || echo "nobody"
                    ls /usr/lib/systemd/system /usr/share/man/man1 | grep caffeine || echo "nothing"
                ' 2>&1
                """
                        .formatted(TREE.root(), deb);
        Outcome outcome = Run.of("unshare", "--mount", "sh", "-c", script).outcome();
        Assumptions.assumeTrue(
                outcome.out().startsWith("mounted\n"), "no layers can be mounted: " + outcome);
        assertThat(outcome.exit()).as(outcome.toString()).isZero();
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
}

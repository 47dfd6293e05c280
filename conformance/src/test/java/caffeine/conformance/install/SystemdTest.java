package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The Debian package under a real systemd: this machine's own, booted as process 1 of namespaces
 * over a copy of this system, with a network and a control group of its own.
 */
@EnabledIfSystemProperty(named = "caffeine.full", matches = "true")
class SystemdTest {

    private static final Path SYSTEMD = Path.of("/lib/systemd/systemd");

    /**
     * Boots, and runs the file {@code commands} inside: bash BOOT FOLDER DEB. Ends with 77 when
     * this machine does not let it.
     */
    private static final String BOOT =
            """
            set -e
            cd "$1"
            groups=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
            [ -n "$groups" ] || exit 77
            group=$groups/caffeine-test-$$
            mkdir "$group" || exit 77
            cp "$2" caffeine.deb
            # Whatever has been made goes with process 1 of the namespace, but for the control group.
            sh -c '
                echo 0 >"$0/cgroup.procs" || exit
                exec unshare --pid --fork --kill-child --mount --uts --ipc --cgroup --net --mount-proc sh -e "$1"
            ' "$group" "$1/init" >boot.log 2>&1 &
            boot=$!
            clean() {
                kill -9 "$boot" || true
                wait "$boot" || true
                while ! find "$group" -depth -type d -exec rmdir {} +; do sleep 0.1; done
            } 2>/dev/null
            trap clean EXIT
            inside() {
                nsenter --target "$one" --mount --uts --ipc --net --pid --cgroup --root --wdns=/ \\
                    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
            }
            for try in $(seq 3000); do
                kill -0 "$boot" 2>/dev/null || break
                one=$(pgrep -P "$boot") && inside systemctl is-active --quiet basic.target 2>/dev/null && break
                sleep 0.1
            done
            inside systemctl is-active --quiet basic.target || { cat boot.log >&2; exit 77; }
            inside sh -e /root/commands 2>&1 || {
                inside journalctl -o short-precise -n 60 >&2
                exit 1
            }
            """;

    /** What becomes process 1. */
    private static final String INIT =
            """
            cd "${0%/*}"
            mkdir layers system
            mount -t tmpfs layers layers
            mkdir layers/upper layers/work
            mount -t overlay -o lowerdir=/,upperdir=layers/upper,workdir=layers/work overlay system
            cp commands caffeine.deb system/root/
            cd system
            mount -t proc proc proc
            mount -t sysfs -o ro sysfs sys
            mount -t cgroup2 cgroup2 sys/fs/cgroup
            mount -t tmpfs -o mode=755 tmpfs run
            mount -t tmpfs -o mode=1777 tmpfs tmp
            mount -t tmpfs -o mode=755 tmpfs dev
            for device in null zero full random urandom tty; do
                touch dev/$device
                mount --bind /dev/$device dev/$device
            done
            mkdir dev/pts dev/shm
            mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
            mount -t tmpfs -o mode=1777 tmpfs dev/shm
            ln -s pts/ptmx dev/ptmx
            ln -s /proc/self/fd dev/fd
            touch dev/console
            rm -f etc/machine-id
            echo 0123456789abcdef0123456789abcdef >etc/machine-id
            mkdir old
            pivot_root . old
            umount -l /old
            exec env -i container=test /lib/systemd/systemd --system --unit=basic.target --log-target=journal
            """;

    private static final String COMMANDS =
            """
            mkdir -p /srv/site/cgi-bin
            cat >/srv/site/hello <<'END'
            #!/bin/sh
            HEADecho hello
            END
            cat >/srv/site/slow <<'END'
            #!/bin/sh
            HEADecho begun
            sleep 2
            echo done
            END
            cat >/srv/site/cgi-bin/rights <<'END'
            #!/bin/sh
            echo Content-Type: text/plain
            echo
            id -un
            ulimit -Sn
            for folder in /etc /srv/site /var/lib /tmp /var/lib/caffeine/demo; do
                touch $folder/made 2>/dev/null && echo "writes to $folder"
            done
            ls /root 2>/dev/null || echo 'no home folders'
            END
            cat >/srv/site/cgi-bin/snake.py <<'END'
            import subprocess
            print('Content-Type: text/plain', '', subprocess.run(['echo', 'a child'],
                capture_output=True, text=True).stdout, sep='\\n')
            END
            chmod 755 /srv/site/hello /srv/site/slow /srv/site/cgi-bin/rights
            ip link set lo up
            # The index of all manual pages takes longer than all else here.
            dpkg --no-triggers -i /root/caffeine.deb >/dev/null
            printf 'path = "/srv/site"\\nport = 80\\nworkers = 1\\n' >/etc/caffeine/demo.toml
            main() { systemctl show --value -p MainPID caffeine@demo; }
            # $1 is what the command behind it should say at last.
            await() {
                expected=$1
                shift
                for try in $(seq 300); do
                    [ "$("$@")" != "$expected" ] || return 0
                    sleep 0.1
                done
                echo "$* says $("$@")" >&2
                return 1
            }

            echo '== start'
            systemctl start caffeine@demo
            systemctl is-active caffeine@demo
            curl -s http://127.0.0.1/hello http://127.0.0.1/cgi-bin/rights
            ! command -v python3 >/dev/null || curl -s http://127.0.0.1/cgi-bin/snake.py | grep -x 'a child'

            echo '== reload'
            before=$(main)
            sed -i 's/workers = 1/workers = 2/' /etc/caffeine/demo.toml
            systemctl reload caffeine@demo
            await 'listening on http://127.0.0.1:80 (prefork, 2 workers)' \\
                systemctl show --value -p StatusText caffeine@demo
            [ "$(main)" = "$before" ]

            echo '== stop'
            mkfifo /root/answer
            curl -sN http://127.0.0.1/slow >/root/answer &
            exec 3</root/answer
            read -r line <&3
            echo "$line"
            systemctl stop caffeine@demo
            cat <&3
            systemctl show --value -p Result caffeine@demo

            echo '== socket'
            mkdir -p /run/systemd/system/caffeine@demo.socket.d /run/systemd/system/caffeine@demo.service.d
            printf '[Socket]\\nListenStream=\\nListenStream=127.0.0.1:8088\\n' >/run/systemd/system/caffeine@demo.socket.d/a.conf
            printf '[Service]\\nWatchdogSec=1\\n' >/run/systemd/system/caffeine@demo.service.d/a.conf
            systemctl daemon-reload
            systemctl start caffeine@demo.socket
            systemctl is-active caffeine@demo || true
            curl -s http://127.0.0.1:8088/hello

            echo '== watchdog'
            before=$(main)
            kill -STOP "$before"
            curl -s --max-time 30 http://127.0.0.1:8088/hello
            [ "$(main)" != "$before" ]

            echo '== journal'
            journalctl --sync
            journalctl -o cat -u caffeine@demo | grep -cE '^listening on http://127.0.0.1:(80|8088) ' | grep -x 3

            echo '== purge'
            systemctl stop caffeine@demo.socket caffeine@demo
            dpkg --no-triggers -P caffeine-httpd >/dev/null
            ls -d /etc/caffeine /var/lib/caffeine /usr/lib/caffeine /run/caffeine* 2>/dev/null || echo 'nothing is left'
            systemctl is-active caffeine@demo.socket caffeine@demo || true
            """;

    @Test
    void servesUnderIt() {
        Run.needsRoot("boot another system");
        Run.needs("dpkg-deb", "dpkg");
        Assumptions.assumeTrue(Files.isExecutable(SYSTEMD), SYSTEMD + " is not installed");
        Run.needs("curl", "curl");
        try (Tree tree = new Tree()) {
            tree.file("commands", COMMANDS.replace("HEAD", Scripts.DIRECT_HEAD), "rw-r--r--");
            tree.file("init", INIT, "rw-r--r--");
            Outcome outcome =
                    Run.of(
                                    "bash",
                                    "-c",
                                    BOOT,
                                    "boot",
                                    tree.root().toString(),
                                    Build.deb().toString())
                            .outcome();
            Assumptions.assumeTrue(outcome.exit() != 77, "no systemd can be booted: " + outcome);
            assertThat(outcome.exit()).as(outcome.toString()).isZero();
            assertThat(outcome.out())
                    .isEqualTo(
                            """
                            == start
                            active
                            hello
                            caffeine
                            1024
                            writes to /tmp
                            writes to /var/lib/caffeine/demo
                            no home folders
                            a child
                            == reload
                            == stop
                            begun
                            done
                            success
                            == socket
                            inactive
                            hello
                            == watchdog
                            hello
                            == journal
                            3
                            == purge
                            nothing is left
                            inactive
                            inactive
                            """);
        }
    }
}

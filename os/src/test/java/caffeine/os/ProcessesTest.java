package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.linux.PidFd;
import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

@OnLinux
class ProcessesTest {
    private final Machine machine = new Machine();

    /** What a child reads as its input: it ends when this pipe is closed. */
    private final int[] leash = machine.pipe();

    @AfterEach
    void close() {
        machine.close();
    }

    private int shell(String line) {
        return machine.start(line, leash[0], 2);
    }

    private static ExitStatus await(int pid) {
        return ExitStatus.of(ok(Processes.waitPid(pid, true)));
    }

    /** Runs on a thread of its own, which ends with what it set. */
    private static <T> T inThread(Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> result.complete(work.get()));
        return result.join();
    }

    @Nested
    class Waiting {
        @Test
        void exitCode() {
            int pid = shell("exit 3");
            ExitStatus status = await(pid);
            assertThat(status).isEqualTo(new ExitStatus(pid, true, 3, 0, false));
            assertThat(status.isSuccess()).isFalse();
            assertThat(status).hasToString("exit 3");
        }

        @Test
        void signal() {
            int pid = shell("kill -TERM $$");
            ExitStatus status = await(pid);
            assertThat(status).isEqualTo(new ExitStatus(pid, false, 0, Processes.SIGTERM, false));
            assertThat(status).hasToString("SIGTERM");
        }

        @Test
        void stillRunning() {
            int pid = shell("exec cat");
            assertThat(Processes.waitPid(pid, false)).isZero();
            machine.close(leash[1]);
            assertThat(await(pid).isSuccess()).isTrue();
        }

        @Test
        void noChildOfOurs() {
            assertThat(Processes.waitPid(1, false)).isEqualTo(-Errno.ECHILD);
            int pid = shell("exit 0");
            await(pid);
            assertThat(Processes.waitPid(pid, false)).isEqualTo(-Errno.ECHILD);
            assertThatThrownBy(() -> ExitStatus.of(-Errno.ECHILD))
                    .isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void byDescriptor() {
            int pid = shell("cat; exit 4");
            int pidFd = machine.opened(PidFd.open(pid));
            assertThat(Processes.waitPidFd(pidFd, false)).isZero();
            machine.close(leash[1]);
            assertThat(ExitStatus.of(Processes.waitPidFd(pidFd, true)))
                    .isEqualTo(new ExitStatus(pid, true, 4, 0, false));
            assertThat(Processes.waitPidFd(pidFd, false)).isEqualTo(-Errno.ECHILD);
        }

        @Test
        void byDescriptorWithTheTimeThatItTook() {
            long[] cpuNs = {-1};
            int busy = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 4");
            int pidFd = machine.opened(PidFd.open(busy));
            assertThat(ExitStatus.of(Processes.waitPidFd(pidFd, true, cpuNs)))
                    .isEqualTo(new ExitStatus(busy, true, 4, 0, false));
            assertThat(cpuNs[0]).isBetween(1_000_000L, 60_000_000_000L);
            cpuNs[0] = -1;
            assertThat(Processes.waitPidFd(pidFd, true, cpuNs)).isEqualTo(-Errno.ECHILD);
            int waiting = shell("cat");
            int other = machine.opened(PidFd.open(waiting));
            assertThat(Processes.waitPidFd(other, false, cpuNs)).isZero();
            assertThat(cpuNs[0]).isEqualTo(-1);
            ok(Processes.kill(waiting, Processes.SIGKILL));
            await(waiting);
        }

        @Test
        void anyChild() {
            assertThat(Processes.reapAny()).isEqualTo(-Errno.ECHILD);
            int running = shell("exec cat");
            assertThat(Processes.reapAny()).isZero();
            int ended = shell("exit 5");
            long result = 0;
            while (result == 0) {
                result = Processes.reapAny();
            }
            assertThat(ExitStatus.of(result)).isEqualTo(new ExitStatus(ended, true, 5, 0, false));
            ok(Processes.kill(running, Processes.SIGKILL));
            assertThat(await(running).signal()).isEqualTo(Processes.SIGKILL);
        }
    }

    @Nested
    class Signals {
        @Test
        void asksWhetherAProcessIsThere() {
            int pid = shell("exec cat");
            ok(Processes.kill(pid, 0));
            ok(Processes.kill(pid, Processes.SIGKILL));
            await(pid);
            assertThat(Processes.kill(pid, 0)).isEqualTo(-Errno.ESRCH);
            assertThat(Processes.killGroup(pid, 0)).isEqualTo(-Errno.ESRCH);
        }

        @Test
        void reachAWholeGroup() {
            int[] output = machine.pipe();
            int pid =
                    machine.start(
                            "exec 3<&0; cat <&3 & cat <&3 & echo up; wait", leash[0], output[1]);
            machine.close(output[1]);
            assertThat(machine.read(output[0], 3)).isEqualTo("up\n");
            ok(Processes.killGroup(pid, Processes.SIGKILL));
            // The pipe ends when the last process that holds it has gone.
            assertThat(machine.readAll(output[0])).isEmpty();
            assertThat(await(pid).signal()).isEqualTo(Processes.SIGKILL);
        }

        @Test
        void neverMeanEverybody() {
            assertThat(Processes.kill(0, Processes.SIGTERM)).isEqualTo(-Errno.EINVAL);
            assertThat(Processes.kill(-1, Processes.SIGTERM)).isEqualTo(-Errno.EINVAL);
            assertThat(Processes.killGroup(0, Processes.SIGTERM)).isEqualTo(-Errno.EINVAL);
            assertThat(Processes.killGroup(1, Processes.SIGTERM)).isEqualTo(-Errno.EINVAL);
            assertThat(Processes.kill(Processes.getpid(), 99)).isEqualTo(-Errno.EINVAL);
        }

        @Test
        void haveNames() {
            assertThat(Processes.name(Processes.SIGKILL)).isEqualTo("SIGKILL");
            assertThat(Processes.name(Processes.SIGSYS)).isEqualTo("SIGSYS");
            assertThat(Processes.name(34)).isEqualTo("signal 34");
            assertThat(Processes.name(-1)).isEqualTo("signal -1");
        }
    }

    @Nested
    class Relatives {
        @Test
        void weAreTheParent() {
            String numbers = machine.shell("echo $PPID $$");
            assertThat(numbers).startsWith(Processes.getpid() + " ");
            assertThat(ProcessHandle.current().pid()).isEqualTo(Processes.getpid());
            assertThat(ProcessHandle.current().parent().orElseThrow().pid())
                    .isEqualTo(Processes.getppid());
        }

        @Test
        void childrenOfAllThreads() {
            int first = shell("exec cat");
            int second = inThread(() -> shell("exec cat"));
            assertThat(Processes.children(Processes.getpid()))
                    .containsExactlyInAnyOrder(first, second);
            machine.close(leash[1]);
            await(first);
            await(second);
            assertThat(Processes.children(first)).isEmpty();
        }

        @Test
        void aSubreaperAdoptsOrphans() {
            int[] output = machine.pipe();
            ok(Processes.setChildSubreaper(true));
            try {
                int pid =
                        machine.start(
                                "exec 3<&0; cat <&3 >/dev/null & echo $!", leash[0], output[1]);
                machine.close(output[1]);
                int orphan = Integer.parseInt(machine.readAll(output[0]).strip());
                assertThat(await(pid).isSuccess()).isTrue();
                assertThat(Processes.children(Processes.getpid())).containsExactly(orphan);
                ok(Processes.kill(orphan, Processes.SIGKILL));
                assertThat(await(orphan).signal()).isEqualTo(Processes.SIGKILL);
            } finally {
                ok(Processes.setChildSubreaper(false));
            }
        }
    }

    @Nested
    class OwnProperties {
        @Test
        void limitOfDescriptors() {
            Processes.FileLimit before = Objects.requireNonNull(Processes.getFileLimit());
            Processes.FileLimit lower = new Processes.FileLimit(before.soft() - 1, before.hard());
            ok(Processes.setFileLimit(0, lower));
            assertThat(Processes.getFileLimit()).isEqualTo(lower);
            ok(Processes.setFileLimit(0, before));
            Processes.FileLimit absurd = new Processes.FileLimit(2, 1);
            assertThat(Processes.setFileLimit(0, absurd)).isEqualTo(-Errno.EINVAL);
        }

        @Test
        void limitOfAnotherProcess() {
            int pid = shell("exec cat");
            Processes.FileLimit limit = new Processes.FileLimit(50, 60);
            ok(Processes.setFileLimit(pid, limit));
            assertThat(Processes.getFileLimit(pid)).isEqualTo(limit);
            ok(Processes.kill(pid, Processes.SIGKILL));
            await(pid);
            assertThat(Processes.getFileLimit(pid)).isNull();
            assertThat(Processes.setFileLimit(pid, limit)).isEqualTo(-Errno.ESRCH);
        }

        @Test
        void deathOfTheParent() {
            int result = inThread(() -> Processes.setParentDeathSignal(Processes.SIGTERM));
            assertThat(result).isZero();
            assertThat(Processes.setParentDeathSignal(99)).isEqualTo(-Errno.EINVAL);
        }

        @Test
        void pinnedToOneProcessor() {
            int[] cpus = Processes.availableCpus();
            assertThat(cpus).isNotEmpty();
            int last = cpus[cpus.length - 1];
            int[] pinned =
                    inThread(
                            () -> {
                                ok(Processes.schedSetAffinity(0, last));
                                return Processes.availableCpus();
                            });
            assertThat(pinned).containsExactly(last);
            assertThat(Processes.availableCpus()).isEqualTo(cpus);
            assertThat(Arrays.stream(cpus)).isSorted();
            assertThat(Processes.schedSetAffinity(0, 8000)).isEqualTo(-Errno.EINVAL);
            assertThat(Processes.schedSetAffinity(0, -1)).isEqualTo(-Errno.EINVAL);
        }
    }
}

package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.testing.Machine;
import caffeine.os.testing.NoLeaks;
import caffeine.os.testing.OnLinux;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Both ways to start a child do the same. */
@OnLinux
@ParameterizedClass(name = "directly: {0}")
@ValueSource(booleans = {true, false})
class SpawnTest {
    @Parameter boolean direct;

    private Machine machine;
    private Spawn spawn;
    private final StringArray argv = new StringArray();
    private final StringArray envp = new StringArray();

    @TempDir Path folder;

    @BeforeEach
    void open() {
        machine = new Machine(() -> new Spawn(direct));
        spawn = new Spawn(direct);
    }

    @AfterEach
    void close() {
        spawn.close();
        machine.close();
    }

    /** Starts {@code /bin/sh -c line}. */
    private int shell(String line, int stdin, int stdout, int stderr) {
        argv.clear();
        argv.add("sh");
        argv.add("-c");
        argv.add(line);
        envp.clear();
        envp.addVariable("PATH", "/usr/bin:/bin");
        return ok(spawn.spawn(Files.path("/bin/sh"), argv, envp, null, stdin, stdout, stderr));
    }

    private static ExitStatus await(int pid) {
        return ExitStatus.of(ok(Processes.waitPid(pid, true)));
    }

    /** A spawn whose result alone counts. */
    private int attempt(String path, @Nullable String directory) {
        int nothing = machine.devNull();
        if (argv.count() == 0) {
            argv.add("program");
        }
        int pid =
                spawn.spawn(
                        Files.path(path),
                        argv,
                        envp,
                        directory == null ? null : Files.path(directory),
                        nothing,
                        nothing,
                        nothing);
        if (pid > 0) {
            await(pid);
        }
        return pid;
    }

    private String file(String name, String content, int mode) {
        String path = folder + "/" + name;
        int fd = ok(Files.open(path, Files.O_CREAT | Files.O_WRONLY, 0));
        ok(Files.fchmod(fd, mode));
        ok(Descriptors.write(fd, machine.memory(content), 0, content.length()));
        ok(Descriptors.close(fd));
        return path;
    }

    @Test
    void aSessionOfItsOwn() {
        spawn.startSessions();
        int[] output = machine.pipe();
        int nothing = machine.devNull();
        int pid = shell("cut -d ' ' -f 5-7 /proc/$$/stat", nothing, output[1], 2);
        machine.close(output[1]);
        assertThat(machine.readAll(output[0])).isEqualTo(pid + " " + pid + " 0\n");
        assertThat(await(pid).isSuccess()).isTrue();
    }

    @Nested
    class ArgumentsAndEnvironment {
        @Test
        void argumentsArriveAsTheyAre() {
            String output =
                    machine.run("/usr/bin/printf", List.of("[%s]", "a b", "", "é\n$x"), Map.of());
            assertThat(output).isEqualTo("[a b][][é\n$x]");
        }

        @Test
        void environmentIsWhatWasGivenAndNothingElse() {
            assertThat(machine.run("/usr/bin/env", List.of(), Map.of("A", "1 = 2")))
                    .isEqualTo("A=1 = 2\n");
            assertThat(machine.run("/usr/bin/env", List.of(), Map.of())).isEmpty();
        }

        @Test
        void arraysGrowAndAreUsedAgain() {
            for (int count : new int[] {3, 5_000, 1}) {
                envp.clear();
                StringBuilder expected = new StringBuilder();
                for (int i = 0; i < count; i++) {
                    envp.addVariable("V" + i, "value " + i);
                    expected.append("V").append(i).append("=value ").append(i).append('\n');
                }
                argv.clear();
                argv.add("env");
                int[] output = machine.pipe();
                int pid =
                        ok(
                                spawn.spawn(
                                        Files.path("/usr/bin/env"),
                                        argv,
                                        envp,
                                        null,
                                        output[1],
                                        output[1],
                                        2));
                machine.close(output[1]);
                assertThat(machine.readAll(output[0])).isEqualTo(expected.toString());
                assertThat(await(pid).isSuccess()).isTrue();
            }
        }

        @Test
        void workingDirectoryIsAlsoWhereARelativePathBegins() throws Exception {
            file("program", "#!/bin/sh\npwd\n", 0755);
            int[] output = machine.pipe();
            argv.add("program");
            int pid =
                    ok(
                            spawn.spawn(
                                    Files.path("./program"),
                                    argv,
                                    envp,
                                    Files.path(folder.toString()),
                                    output[0],
                                    output[1],
                                    2));
            machine.close(output[1]);
            assertThat(machine.readAll(output[0])).isEqualTo(folder.toRealPath() + "\n");
            assertThat(await(pid)).isEqualTo(new ExitStatus(pid, true, 0, 0, false));
        }
    }

    @Nested
    class ThreeDescriptors {
        @Test
        void inputOutputAndErrors() {
            int[] input = machine.pipe();
            int[] output = machine.pipe();
            int[] errors = machine.pipe();
            int pid = shell("cat; echo problem >&2", input[0], output[1], errors[1]);
            ok(Descriptors.write(input[1], machine.memory("content"), 0, 7));
            for (int fd : new int[] {input[1], output[1], errors[1]}) {
                machine.close(fd);
            }
            assertThat(machine.readAll(output[0])).isEqualTo("content");
            assertThat(machine.readAll(errors[0])).isEqualTo("problem\n");
            assertThat(await(pid).isSuccess()).isTrue();
        }

        @Test
        void aSocketAsOutputStaysOpenHere() {
            int[] client = machine.socketPair();
            int pid = shell("echo direct", machine.devNull(), client[1], 2);
            assertThat(await(pid).isSuccess()).isTrue();
            machine.send(client[1], "lingers");
            assertThat(machine.receive(client[0], 14)).isEqualTo("direct\nlingers");
        }

        @Test
        void everyArrangementOfLowNumbers() {
            // Each of the three may be any of 0 to 2 or another: an earlier move must not destroy
            // what a later one still needs. The child tells by file, its output being anything;
            // the parentheses keep this output out of the shell's own descriptors.
            int[] choices = {0, 1, 2, machine.pipe()[0]};
            String report = folder + "/report";
            String self = "/proc/self/fd/";
            for (int stdin : choices) {
                for (int stdout : choices) {
                    for (int stderr : choices) {
                        String line = "(cd /proc/$$/fd; readlink 0 1 2) > " + report + "; exit";
                        assertThat(await(shell(line, stdin, stdout, stderr)).isSuccess()).isTrue();
                        assertThat(machine.readFile(report))
                                .as("%d %d %d", stdin, stdout, stderr)
                                .isEqualTo(
                                        "%s\n%s\n%s\n",
                                        NoLeaks.link(self + stdin),
                                        NoLeaks.link(self + stdout),
                                        NoLeaks.link(self + stderr));
                    }
                }
            }
        }

        @Test
        void nothingElseIsOpen() {
            int leaky = machine.devNull();
            ok(Descriptors.setCloseOnExec(leaky, false));
            // The fourth is the folder that ls itself reads.
            assertThat(machine.shell("exec ls /proc/self/fd")).isEqualTo("0\n1\n2\n3\n");
        }

        @Test
        void aClosedOneFails() {
            argv.add("true");
            assertThat(spawn.spawn(Files.path("/bin/true"), argv, envp, null, 999_999, 1, 2))
                    .isEqualTo(-Errno.EBADF);
        }
    }

    @Nested
    class SignalsAndGroup {
        private static final String STATUS = "grep -E 'Sig(Blk|Ign)' /proc/self/status";
        private static final String CLEAN =
                "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n";

        private static final MemorySegment SIGNAL = Native.function("signal");
        private static final MemorySegment PTHREAD_SIGMASK = Native.function("pthread_sigmask");

        @Test
        void allAtTheirDefaultsAndNoneBlocked() {
            assertThat(machine.shell(STATUS)).isEqualTo(CLEAN);
        }

        @Test
        void alsoWhenWeIgnoreThem() {
            int[] ignored = {Processes.SIGHUP, Processes.SIGPIPE, Processes.SIGUSR1};
            long[] before = new long[ignored.length];
            for (int i = 0; i < ignored.length; i++) {
                before[i] = ok(Native.call(SIGNAL, ignored[i], 1 /* SIG_IGN */, 0));
            }
            try {
                assertThat(machine.shell(STATUS)).isEqualTo(CLEAN);
            } finally {
                for (int i = 0; i < ignored.length; i++) {
                    ok(Native.call(SIGNAL, ignored[i], before[i], 0));
                }
            }
        }

        @Test
        void alsoWhenTheSpawningThreadBlocksThem() {
            Memory set = Memory.allocate(PosixSpawn.SIGNAL_SET_BYTES);
            set.putLong(0, 1L << (Processes.SIGTERM - 1) | 1L << (Processes.SIGUSR2 - 1));
            ok(Native.callForErrno(PTHREAD_SIGMASK, 0 /* SIG_BLOCK */, set.address(), 0, 0, 0, 0));
            try {
                assertThat(machine.shell(STATUS)).isEqualTo(CLEAN);
            } finally {
                ok(Native.callForErrno(PTHREAD_SIGMASK, 1, set.address(), 0, 0, 0, 0));
            }
        }

        @Test
        void aGroupOfItsOwn() {
            int[] input = machine.pipe();
            int pid = shell("exec cat", input[0], machine.devNull(), 2);
            assertThat(Processes.getpgid(pid)).isEqualTo(pid);
            assertThat(Processes.getpgid(0)).isNotEqualTo(pid);
            ok(Processes.killGroup(pid, Processes.SIGTERM));
            assertThat(await(pid).signal()).isEqualTo(Processes.SIGTERM);
        }
    }

    @Nested
    class LimitOfDescriptors {
        @Test
        void isOursUnlessOneIsSet() {
            Processes.FileLimit ours = Objects.requireNonNull(Processes.getFileLimit());
            assertThat(limit()).isEqualTo(ours.soft() + "\n");
            spawn.setFileLimit(new Processes.FileLimit(77, 80));
            assertThat(limit()).isEqualTo("77\n");
            assertThat(Processes.getFileLimit()).isEqualTo(ours);
            spawn.setFileLimit(null);
            assertThat(limit()).isEqualTo(ours.soft() + "\n");
        }

        private String limit() {
            int[] output = machine.pipe();
            int pid = shell("ulimit -n", output[0], output[1], 2);
            machine.close(output[1]);
            String limit = machine.readAll(output[0]);
            await(pid);
            return limit;
        }
    }

    @Nested
    class Failures {
        @Test
        void programIsMissing() {
            assertThat(attempt(folder + "/missing", null)).isEqualTo(-Errno.ENOENT);
        }

        @Test
        void interpreterIsMissing() {
            String script = file("script", "#!/nonexistent/interpreter\n", 0755);
            assertThat(attempt(script, null)).isEqualTo(-Errno.ENOENT);
        }

        @Test
        void programIsNotExecutable() {
            assertThat(attempt(file("text", "#!/bin/sh\n", 0644), null)).isEqualTo(-Errno.EACCES);
            assertThat(attempt(folder.toString(), null)).isEqualTo(-Errno.EACCES);
        }

        @Test
        void formatIsUnknown() {
            assertThat(attempt(file("text", "echo no interpreter named\n", 0755), null))
                    .isEqualTo(-Errno.ENOEXEC);
        }

        @Test
        void programIsBeingWritten() {
            String program = file("busy", "#!/bin/sh\n", 0755);
            machine.opened(Files.open(program, Files.O_WRONLY, 0));
            assertThat(attempt(program, null)).isEqualTo(-Errno.ETXTBSY);
        }

        @Test
        void directoryIsMissingOrNone() {
            assertThat(attempt("/bin/true", folder + "/missing")).isEqualTo(-Errno.ENOENT);
            String file = file("file", "", 0644);
            assertThat(attempt("/bin/true", file)).isEqualTo(-Errno.ENOTDIR);
        }

        @Test
        void argumentIsTooLong() {
            argv.add("true");
            argv.add("x".repeat(128 << 10));
            assertThat(attempt("/bin/true", null)).isEqualTo(-Errno.E2BIG);
        }

        @Test
        void pathHoldsANul() {
            assertThat(attempt("/bin/true\0", null)).isEqualTo(-Errno.EINVAL);
            assertThat(attempt("/bin/true", "/tmp\0")).isEqualTo(-Errno.EINVAL);
        }

        @Test
        void leaveTheSpawnerUsable() {
            assertThat(attempt(folder + "/missing", null)).isEqualTo(-Errno.ENOENT);
            assertThat(attempt("/bin/true", null)).isPositive();
        }
    }
}

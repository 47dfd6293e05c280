package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.File;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

@OnLinux
class FdPassingTest {
    private final Machine machine = new Machine();
    private final FdPassing passing = new FdPassing();
    private final MemorySegment payload = machine.memory(64);
    private int[] channel = {};

    @BeforeEach
    void open() {
        channel = machine.socketPair();
    }

    @AfterEach
    void close() {
        passing.close();
        machine.close();
    }

    private static int openDescriptors() {
        return Objects.requireNonNull(new File("/proc/self/fd").list()).length;
    }

    @Test
    void aSocketGoesFromOnePairThroughAnother() {
        int[] client = machine.socketPair();
        assertThat(passing.send(channel[0], machine.memory("c"), 1, client[1], 0)).isEqualTo(1);
        machine.close(client[1]);

        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        assertThat(passing.truncated()).isFalse();
        assertThat(Machine.text(payload, 1)).isEqualTo("c");
        int received = machine.opened(passing.takeFd());
        assertThat(Descriptors.getDescriptorFlags(received)).isEqualTo(Descriptors.FD_CLOEXEC);
        machine.send(client[0], "hello");
        assertThat(machine.receive(received, 5)).isEqualTo("hello");
    }

    @Test
    void aPayloadAlone() {
        assertThat(passing.send(channel[0], machine.memory("ping"), 4, -1, 0)).isEqualTo(4);
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(4);
        assertThat(Machine.text(payload, 4)).isEqualTo("ping");
        assertThat(passing.takeFd()).isEqualTo(-1);
    }

    @Test
    void aDescriptorDoesNotStayForTheNextReceive() {
        passing.send(channel[0], machine.memory("1"), 1, channel[0], 0);
        passing.send(channel[0], machine.memory("2"), 1, -1, 0);
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        machine.opened(passing.takeFd());
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        assertThat(passing.takeFd()).isEqualTo(-1);
    }

    @Test
    void messagesWithDescriptorsAreNotMerged() {
        int[] pipe = machine.pipe();
        passing.send(channel[0], machine.memory("a"), 1, pipe[0], 0);
        passing.send(channel[0], machine.memory("b"), 1, pipe[1], 0);
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        int first = machine.opened(passing.takeFd());
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        int second = machine.opened(passing.takeFd());
        ok(Descriptors.write(second, machine.memory("x"), 0, 1));
        assertThat(Descriptors.read(first, payload, 0, 64)).isEqualTo(1);
    }

    @Test
    void nothingThereYet() {
        assertThat(passing.receive(channel[1], payload, 64, Sockets.MSG_DONTWAIT))
                .isEqualTo(-Errno.EAGAIN);
        assertThat(passing.takeFd()).isEqualTo(-1);
    }

    @Test
    void theOtherEndIsGone() {
        machine.close(channel[1]);
        assertThat(passing.send(channel[0], payload, 1, channel[0], 0)).isEqualTo(-Errno.EPIPE);
        assertThat(passing.receive(channel[0], payload, 64, 0)).isZero();
    }

    @Test
    void aClosedDescriptorCannotBeSent() {
        assertThat(passing.send(channel[0], payload, 1, 999_999, 0)).isEqualTo(-Errno.EBADF);
    }

    @Test
    void aFullChannelSaysSo() {
        ok(Descriptors.setNonBlocking(channel[0], true));
        long result = 1;
        while (result > 0) {
            result = passing.send(channel[0], payload, 64, -1, 0);
        }
        assertThat(result).isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void severalGoWithOneMessage() {
        int[] pipe = machine.pipe();
        int[] fds = {pipe[0], pipe[1], -1};
        assertThat(passing.send(channel[0], machine.memory("ab"), 2, fds, 2, 0)).isEqualTo(2);
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(2);
        assertThat(passing.truncated()).isFalse();
        assertThat(passing.untaken()).isEqualTo(2);
        int first = machine.opened(passing.takeFd());
        int second = machine.opened(passing.takeFd());
        assertThat(passing.takeFd()).isEqualTo(-1);
        ok(Descriptors.write(second, machine.memory("x"), 0, 1));
        assertThat(Descriptors.read(first, payload, 0, 64)).isEqualTo(1);
    }

    @Test
    void asManyAsTheKernelTakes() {
        int[] many = new int[FdPassing.MOST + 1];
        Arrays.fill(many, channel[0]);
        assertThat(passing.send(channel[0], payload, 1, many, FdPassing.MOST, 0)).isEqualTo(1);
        assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        assertThat(passing.truncated()).isFalse();
        assertThat(passing.untaken()).isEqualTo(FdPassing.MOST);
    }

    @Test
    void allOrNoneAreSent() {
        int[] fds = {channel[0], 999_999};
        assertThat(passing.send(channel[0], payload, 1, fds, 2, 0)).isEqualTo(-Errno.EBADF);
        assertThat(passing.receive(channel[1], payload, 64, Sockets.MSG_DONTWAIT))
                .isEqualTo(-Errno.EAGAIN);
    }

    @Test
    void thoseThatAreNotTakenAreClosed() {
        int before = openDescriptors();
        passing.send(channel[0], payload, 1, new int[] {channel[0], channel[0]}, 2, 0);
        passing.receive(channel[1], payload, 64, 0);
        assertThat(openDescriptors()).isEqualTo(before + 2);
        passing.send(channel[0], payload, 1, channel[0], 0);
        passing.receive(channel[1], payload, 64, 0);
        assertThat(openDescriptors()).isEqualTo(before + 1);
        passing.close();
        assertThat(openDescriptors()).isEqualTo(before);
    }

    @Test
    void aReceiverWithoutEnoughDescriptorsLosesTheLast() {
        int[] pipe = machine.pipe();
        passing.send(channel[0], payload, 1, new int[] {pipe[1], pipe[0], pipe[0]}, 3, 0);
        Processes.FileLimit limit = Objects.requireNonNull(Processes.getFileLimit());
        int free = Descriptors.dup(channel[0], 0);
        machine.close(machine.opened(free));
        try {
            ok(Processes.setFileLimit(0, new Processes.FileLimit(free + 1, limit.hard())));
            assertThat(passing.receive(channel[1], payload, 64, 0)).isEqualTo(1);
        } finally {
            ok(Processes.setFileLimit(0, limit));
        }
        assertThat(passing.truncated()).isTrue();
        assertThat(passing.untaken()).isEqualTo(1);
        ok(Descriptors.write(machine.opened(passing.takeFd()), machine.memory("x"), 0, 1));
        assertThat(Descriptors.read(pipe[0], payload, 0, 64)).isEqualTo(1);
    }

    @Test
    void aReceiverWithoutFreeDescriptorsLosesIt() {
        passing.send(channel[0], payload, 1, channel[0], 0);
        Processes.FileLimit limit = Objects.requireNonNull(Processes.getFileLimit());
        List<Integer> filling = new ArrayList<>();
        long received;
        try {
            ok(Processes.setFileLimit(0, new Processes.FileLimit(256, limit.hard())));
            for (int fd = 0; fd >= 0; fd = Descriptors.dup(channel[0], 3)) {
                filling.add(fd);
            }
            received = passing.receive(channel[1], payload, 64, 0);
        } finally {
            filling.stream().skip(1).forEach(Descriptors::close);
            ok(Processes.setFileLimit(0, limit));
        }
        assertThat(received).isEqualTo(1);
        assertThat(passing.truncated()).isTrue();
        assertThat(passing.takeFd()).isEqualTo(-1);
    }

    @Test
    void toAProcessThatWeSpawned() {
        // The child answers on a socket that it was only ever passed, as its own standard output.
        int[] client = machine.socketPair();
        StringArray argv = new StringArray();
        argv.add("sh");
        argv.add("-c");
        argv.add("echo from $$");
        passing.send(channel[0], payload, 1, client[1], 0);
        assertThat(passing.receive(channel[1], payload, 1, 0)).isEqualTo(1);
        int passed = machine.opened(passing.takeFd());
        int pid;
        try (Spawn spawn = new Spawn()) {
            pid =
                    ok(
                            spawn.spawn(
                                    Files.path("/bin/sh"),
                                    argv,
                                    new StringArray(),
                                    null,
                                    machine.devNull(),
                                    passed,
                                    2));
        }
        machine.close(passed);
        machine.close(client[1]);
        assertThat(machine.readAll(client[0])).isEqualTo("from " + pid + "\n");
        assertThat(ExitStatus.of(Processes.waitPid(pid, true)).isSuccess()).isTrue();
    }
}

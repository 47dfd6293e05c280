package caffeine.os.testing;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.os.Spawn;
import caffeine.os.StringArray;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What a test opens and allocates, closed together at its end. */
public final class Machine implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<Integer> fds = new ArrayList<>();
    private final Supplier<Spawn> spawns;

    public Machine() {
        this(Spawn::new);
    }

    /** Programs are started by what {@code spawns} makes. */
    public Machine(Supplier<Spawn> spawns) {
        this.spawns = spawns;
    }

    /** A result that must be a success. */
    public static int ok(int result) {
        if (result < 0) {
            throw new AssertionError(Errno.describe(-result));
        }
        return result;
    }

    /** A result that must be a success. */
    public static long ok(long result) {
        if (result < 0) {
            throw new AssertionError(Errno.describe((int) -result));
        }
        return result;
    }

    /** A descriptor that the test's end closes. */
    public int opened(int fd) {
        fds.add(ok(fd));
        return fd;
    }

    /** Closes now what the test's end would close. */
    public void close(int fd) {
        assertThat(fds.remove(Integer.valueOf(fd))).isTrue();
        ok(Descriptors.close(fd));
    }

    /** The two ends of a pipe: to read, to write. */
    public int[] pipe() {
        int[] ends = new int[2];
        ok(Descriptors.pipe2(ends, 0));
        opened(ends[0]);
        opened(ends[1]);
        return ends;
    }

    /** Two connected stream sockets. */
    public int[] socketPair() {
        int[] ends = new int[2];
        ok(Sockets.socketPair(Sockets.SOCK_STREAM, ends));
        opened(ends[0]);
        opened(ends[1]);
        return ends;
    }

    public int devNull() {
        return opened(Files.open("/dev/null", Files.O_RDWR, 0));
    }

    public MemorySegment memory(long bytes) {
        return arena.allocate(bytes, 16);
    }

    public MemorySegment memory(String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        MemorySegment segment = memory(Math.max(1, bytes.length));
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    /** Sends all of a string; it must fit into the socket's buffer. */
    public void send(int fd, String content) {
        int length = content.getBytes(StandardCharsets.UTF_8).length;
        assertThat(Sockets.send(fd, memory(content), 0, length, 0)).isEqualTo(length);
    }

    /** Receives exactly so many bytes. */
    public String receive(int fd, int length) {
        MemorySegment buffer = memory(Math.max(1, length));
        long got = ok(Sockets.recv(fd, buffer, 0, length, Sockets.MSG_WAITALL));
        return text(buffer, got);
    }

    /** Reads until the end. */
    public String readAll(int fd) {
        StringBuilder text = new StringBuilder();
        MemorySegment buffer = memory(8192);
        while (true) {
            long got = ok(Descriptors.read(fd, buffer, 0, buffer.byteSize()));
            if (got == 0) {
                return text.toString();
            }
            text.append(text(buffer, got));
        }
    }

    /** Reads exactly so many bytes of a pipe. */
    public String read(int fd, int length) {
        MemorySegment buffer = memory(length);
        long at = 0;
        while (at < length) {
            long got = ok(Descriptors.read(fd, buffer, at, length - at));
            assertThat(got).as("end after %d bytes", at).isPositive();
            at += got;
        }
        return text(buffer, length);
    }

    /** The content of a file. */
    public String readFile(String path) {
        int fd = opened(Files.open(path, Files.O_RDONLY, 0));
        String content = readAll(fd);
        close(fd);
        return content;
    }

    public static String text(MemorySegment segment, long length) {
        byte[] bytes = segment.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Runs a program to its end; its standard output. */
    public String run(String path, List<String> arguments, Map<String, String> environment) {
        int[] output = pipe();
        int nothing = devNull();
        int pid;
        try (Spawn spawn = spawns.get()) {
            StringArray argv = new StringArray();
            argv.add(path);
            arguments.forEach(argv::add);
            StringArray envp = new StringArray();
            environment.forEach(envp::addVariable);
            pid = ok(spawn.spawn(Files.path(path), argv, envp, null, nothing, output[1], 2));
        }
        close(output[1]);
        close(nothing);
        String text = readAll(output[0]);
        close(output[0]);
        ExitStatus status = ExitStatus.of(ok(Processes.waitPid(pid, true)));
        assertThat(status.isSuccess()).as("%s: %s", path, status).isTrue();
        return text;
    }

    /** Starts a line of shell, which the caller reaps. */
    public int start(String line, int stdin, int stdout) {
        StringArray argv = new StringArray();
        argv.add("sh");
        argv.add("-c");
        argv.add(line);
        StringArray envp = new StringArray();
        envp.addVariable("PATH", "/usr/bin:/bin");
        try (Spawn spawn = spawns.get()) {
            return ok(spawn.spawn(Files.path("/bin/sh"), argv, envp, null, stdin, stdout, 2));
        }
    }

    /** Runs a line of shell; its standard output. */
    public String shell(String line) {
        return run("/bin/sh", List.of("-c", line), Map.of("PATH", "/usr/bin:/bin"));
    }

    @Override
    public void close() {
        fds.forEach(Descriptors::close);
        arena.close();
    }
}

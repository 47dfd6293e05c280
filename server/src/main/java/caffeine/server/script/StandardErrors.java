package caffeine.server.script;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.server.core.ServerEvents;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.Source;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Standard error of scripts: one pipe for each script, kept between runs, so that each line has its
 * script without system calls for each request.
 */
final class StandardErrors implements AutoCloseable {

    private static final int PIPES = 64;
    private static final int READ_BYTES = 16 * 1024;
    private static final int LINE_BYTES = 2048;

    /** After this time an unfinished line is logged. */
    private static final long PARTIAL_NS = 200_000_000L;

    private static final int OWN_STANDARD_ERROR = 2;

    private final EventLoop loop;
    private final ServerEvents events;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES);
    private final MemorySegment buffer = MemorySegment.ofBuffer(bytes);
    private final Map<String, Pipe> pipes = new LinkedHashMap<>(16, 0.75f, true);

    StandardErrors(EventLoop loop, ServerEvents events) {
        this.loop = loop;
        this.events = events;
    }

    /**
     * The descriptor for a script to write to; the caller must not close it. Without a free
     * descriptor, the server's own standard error: the lines are kept, but without the name of the
     * script.
     */
    int of(String script) {
        Pipe pipe = pipes.get(script);
        if (pipe != null) {
            return pipe.writeFd;
        }
        if (pipes.size() >= PIPES) {
            Pipe eldest = pipes.values().iterator().next();
            pipes.remove(eldest.script);
            eldest.retire();
        }
        int[] ends = new int[2];
        if (Descriptors.pipe2(ends, 0) < 0) {
            return OWN_STANDARD_ERROR;
        }
        Pipe opened = new Pipe(script, ends[0], ownReader(ends[1]));
        if (loop.poller().add(opened, Source.READ) < 0) {
            opened.close();
            return OWN_STANDARD_ERROR;
        }
        pipes.put(script, opened);
        return opened.writeFd;
    }

    /**
     * The write end for a script, opened for reading too: so a pipe whose worker has died still has
     * a reader, and a script that outlives its worker does not get SIGPIPE in the middle of its
     * response (pipe(7); proc_pid_fd(5)).
     */
    private static int ownReader(int writeFd) {
        int fd = Files.open("/proc/self/fd/" + writeFd, Files.O_RDWR, 0);
        if (fd < 0) {
            return writeFd;
        }
        Descriptors.close(writeFd);
        return fd;
    }

    /** Logs unread lines; for the end. */
    @Override
    public void close() {
        for (Pipe pipe : pipes.values()) {
            while (Descriptors.available(pipe.descriptor()) > 0) {
                pipe.read();
            }
            pipe.flush();
            pipe.close();
        }
        pipes.clear();
    }

    private final class Pipe extends Source {
        final String script;
        final int writeFd;
        private final byte[] line = new byte[LINE_BYTES];
        private int length;
        private boolean retired;
        private final Timer partial =
                new Timer() {
                    @Override
                    protected void expired(long nowNs) {
                        flush();
                    }
                };

        Pipe(String script, int readFd, int writeFd) {
            super(readFd);
            this.script = script;
            this.writeFd = writeFd;
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            if (!read() || (retired && (readiness & READ) == 0)) {
                flush();
                forget();
            } else if (length > 0) {
                loop.timers().schedule(partial, nowNs + PARTIAL_NS);
            }
        }

        /** The poller reported input, so this does not block. False at the end. */
        boolean read() {
            long count = Descriptors.read(descriptor(), buffer, 0, READ_BYTES);
            for (int i = 0; i < count; i++) {
                byte b = bytes.get(i);
                if (b != '\n') {
                    line[length++] = b;
                }
                if (b == '\n' || length == LINE_BYTES) {
                    logLine();
                }
            }
            return count > 0 || count == -Errno.EINTR;
        }

        private void logLine() {
            int to = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
            length = 0;
            events.handlerSaid(script, new String(line, 0, to, StandardCharsets.UTF_8));
        }

        void flush() {
            if (length > 0) {
                logLine();
            }
        }

        /** No more scripts get this pipe; it is read until those that have it are gone. */
        void retire() {
            retired = true;
            Descriptors.close(writeFd);
        }

        /** Closes the pipe of this script; its next run gets another. */
        @Override
        protected void broken(Throwable mistake) {
            events.mistake("standard error", mistake);
            forget();
        }

        /** The script's next run gets another pipe. */
        private void forget() {
            pipes.remove(script, this);
            close();
        }

        void close() {
            loop.timers().cancel(partial);
            loop.poller().remove(this);
            Descriptors.close(descriptor());
            if (!retired) {
                Descriptors.close(writeFd);
            }
        }
    }
}

package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.FdPassing;
import caffeine.os.Files;
import caffeine.server.log.LogFiles;
import caffeine.server.prefork.OptionsCodec.WorkerOptions;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Frames from parent to worker; see {@link Frames}. */
final class WorkerMessages implements AutoCloseable {

    private final FdPassing passing = new FdPassing();
    private final ByteBuffer frameBytes = buffer(Frames.HEAD_BYTES + Frames.ADDRESS_BYTES);
    private final MemorySegment frame = MemorySegment.ofBuffer(frameBytes);

    /**
     * Everything that a worker needs before its first client. The slots come last; they start it.
     *
     * @return 0 or −errno
     */
    int greet(WorkerProcess worker, WorkerOptions options, LogFiles files, int[] slots) {
        byte[] text = OptionsCodec.write(options);
        int result = sendOptions(worker, text);
        if (result == 0) {
            result = logs(worker, files);
        }
        if (result == 0) {
            result = sendEmpty(worker, Frames.CREDITS, worker.returnedCredits().fd());
        }
        for (int fd : slots) {
            if (result == 0) {
                result = sendEmpty(worker, Frames.SLOTS, fd);
            }
        }
        return result;
    }

    /** The files that its lines go to. Returns 0 or −errno. */
    int logs(WorkerProcess worker, LogFiles files) {
        int result = 0;
        if (files.log() >= 0) {
            result = sendLog(worker, Frames.MAIN_LOG, files.log());
        }
        if (files.access() >= 0 && result == 0) {
            result = sendLog(worker, Frames.ACCESS_LOG, files.access());
        }
        return result;
    }

    private int sendLog(WorkerProcess worker, byte which, int fd) {
        head(frameBytes, Frames.LOG, 1);
        frameBytes.put(Frames.HEAD_BYTES, which);
        return worker.send(passing, frame, Frames.HEAD_BYTES + 1, fd);
    }

    /** As a file in memory: they may be too long for one message. */
    private int sendOptions(WorkerProcess worker, byte[] options) {
        int fd = Files.memfdCreate("caffeine-options", 0);
        if (fd < 0) {
            return fd;
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(options.length).put(0, options);
        MemorySegment segment = MemorySegment.ofBuffer(bytes);
        long written = Descriptors.pwrite(fd, segment, 0, options.length, 0);
        int result = written < 0 ? (int) written : written < options.length ? -Errno.ENOMEM : 0;
        if (result == 0) {
            result = sendEmpty(worker, Frames.OPTIONS, fd);
        }
        Descriptors.close(fd);
        return result;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int sendEmpty(WorkerProcess worker, byte type, int fd) {
        head(frameBytes, type, 0);
        return worker.send(passing, frame, Frames.HEAD_BYTES, fd);
    }

    /** Passes a client. Returns 0 or −errno; the caller keeps ownership of the descriptor. */
    int client(WorkerProcess worker, int fd, MemorySegment address) {
        head(frameBytes, Frames.CLIENTS, Frames.ADDRESS_BYTES);
        MemorySegment.copy(address, 0, frame, Frames.HEAD_BYTES, Frames.ADDRESS_BYTES);
        return worker.send(passing, frame, frame.byteSize(), fd);
    }

    /** Sends a frame that carries clients; see {@link Handoff}. Returns 0 or −errno. */
    int clients(WorkerProcess worker, MemorySegment clients, long length, int[] fds, int count) {
        return worker.send(passing, clients, length, fds, count);
    }

    void ping(WorkerProcess worker) {
        worker.pinged();
        int _ = sendEmpty(worker, Frames.PING, -1); // a lost one counts as unanswered
    }

    /** A lost one is sent again as long as a client waits. */
    void shortage(WorkerProcess worker) {
        int _ = sendEmpty(worker, Frames.SHORTAGE, -1);
    }

    /** If this fails, the worker sees the end of the channel, or the parent kills it later. */
    void drain(WorkerProcess worker) {
        int _ = sendEmpty(worker, Frames.DRAIN, -1);
    }

    /** As {@link #drain}, for replaced workers. */
    void retire(WorkerProcess worker) {
        int _ = sendEmpty(worker, Frames.RETIRE, -1);
    }

    private static void head(ByteBuffer target, byte type, int length) {
        target.put(0, type);
        target.putInt(1, length);
    }

    @Override
    public void close() {
        passing.close();
    }
}

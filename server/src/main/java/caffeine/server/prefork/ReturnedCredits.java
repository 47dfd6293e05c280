package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.os.linux.SharedMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The returned credits of one worker, in memory shared with its parent. The parent reads it when it
 * has a client to pass, so returning a credit needs no message and no wake-up, which would be four
 * system calls a request (docs/performance.md). Only a parent that waits without credits gets a
 * message.
 *
 * <p>No wake-up is lost: the worker adds and then checks whether the parent waits, the parent sets
 * its flag and then checks for credits, all sequentially consistent.
 *
 * <pre>{@code
 * struct returned_credits { int returned; int awaited; };
 * }</pre>
 */
final class ReturnedCredits implements AutoCloseable {

    private static final VarHandle INT =
            MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private static final int RETURNED = 0;

    /** A cache line of its own: the parent writes here, the worker there. */
    private static final int AWAITED = 64;

    private static final int BYTES = 128;

    private final Arena arena = Arena.ofShared();
    private final int fd;
    private final ByteBuffer words;

    private ReturnedCredits(int fd) {
        this.fd = fd;
        MemorySegment segment = SharedMemory.map(fd, BYTES, arena);
        if (segment == null) {
            close();
            throw new ErrnoException("mmap", Errno.ENOMEM);
        }
        this.words = segment.asByteBuffer().order(ByteOrder.nativeOrder());
    }

    /**
     * Makes the memory, for the parent.
     *
     * @throws ErrnoException EMFILE, ENFILE or ENOMEM
     */
    static ReturnedCredits create() {
        int fd = Files.memfdCreate("caffeine-credits", 0);
        ErrnoException.check("memfd_create", fd);
        int result = Descriptors.ftruncate(fd, BYTES);
        if (result < 0) {
            Descriptors.close(fd);
            throw new ErrnoException("ftruncate", -result);
        }
        return new ReturnedCredits(fd);
    }

    /**
     * Maps it in the worker.
     *
     * @param fd what {@link #fd} was in the parent; takes ownership
     * @throws ErrnoException when it cannot be mapped
     */
    static ReturnedCredits attach(int fd) {
        return new ReturnedCredits(fd);
    }

    int fd() {
        return fd;
    }

    /**
     * The worker returns credits.
     *
     * @return whether the parent waits and needs a message
     */
    boolean add(int credits) {
        int _ = (int) INT.getAndAdd(words, RETURNED, credits);
        return (int) INT.getVolatile(words, AWAITED) != 0
                && (int) INT.getAndSet(words, AWAITED, 0) != 0;
    }

    /** The number of returned credits since the beginning, modulo 2³². */
    int returned() {
        return (int) INT.getVolatile(words, RETURNED);
    }

    /** The parent requests a message for the next one. */
    void await() {
        INT.setVolatile(words, AWAITED, 1);
    }

    @Override
    public void close() {
        arena.close();
        Descriptors.close(fd);
    }
}

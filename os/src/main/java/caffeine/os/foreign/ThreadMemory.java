package caffeine.os.foreign;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/**
 * Native memory that belongs to the calling thread: errno, small structs, paths.
 *
 * <p>It lives as long as its thread, so calls that point into it need no fence. A wrapper uses it
 * from its first put to its last get without calling another wrapper in between.
 */
public final class ThreadMemory {
    /** {@code PATH_MAX}, with the terminating NUL (linux/limits.h). */
    public static final int PATH_MAX = 4096;

    private static final int EINVAL = 22;
    private static final int ENAMETOOLONG = 36;

    // errno is the only state that Linux captures, an int at offset 0; a test asserts it.
    static final int CALL_STATE_BYTES = 8;
    private static final int SCRATCH_BYTES = 512;

    private static final ThreadLocal<ThreadMemory> CURRENT =
            // A subclass and not withInitial: a lambda costs milliseconds at start.
            new ThreadLocal<>() {
                @Override
                protected ThreadMemory initialValue() {
                    return new ThreadMemory();
                }
            };

    private final Memory state = Memory.allocate(CALL_STATE_BYTES);
    private final MemorySegment callState = state.slice(0, CALL_STATE_BYTES);
    private final Memory scratch = Memory.allocate(SCRATCH_BYTES);
    private @Nullable Memory paths;

    private ThreadMemory() {}

    static ThreadMemory current() {
        return CURRENT.get();
    }

    MemorySegment callState() {
        return callState;
    }

    int errno() {
        return state.getInt(0);
    }

    /** 512 bytes for the structs of one call; what the last call left is still in them. */
    public static Memory scratch() {
        return current().scratch;
    }

    /**
     * Copies a path, without its NUL, to where a call can read it.
     *
     * @return its address; {@code -EINVAL} when it holds a NUL, which the kernel would take for its
     *     end; {@code -ENAMETOOLONG} when it is longer than the kernel reads
     */
    public static long path(byte[] path) {
        return current().copyPath(0, path);
    }

    /** As {@link #path}, for the second path of a call. */
    public static long secondPath(byte[] path) {
        return current().copyPath(PATH_MAX, path);
    }

    private long copyPath(int offset, byte[] path) {
        if (path.length >= PATH_MAX) {
            return -ENAMETOOLONG;
        }
        for (byte b : path) {
            if (b == 0) {
                return -EINVAL;
            }
        }
        Memory memory = paths;
        if (memory == null) {
            memory = Memory.allocate(2 * PATH_MAX);
            paths = memory;
        }
        memory.putString(offset, path);
        return memory.address(offset);
    }
}

package caffeine.os;

import caffeine.os.foreign.Memory;

/**
 * The counters of the kernel for a process (man 2 getrusage), on 64 bits.
 *
 * <pre>{@code
 * struct timeval { time_t tv_sec; suseconds_t tv_usec; };   // long, long
 * struct rusage {
 *     struct timeval ru_utime;    // in user mode
 *     struct timeval ru_stime;    // in system mode
 *     long ...                    // 144 bytes in all
 * };
 * }</pre>
 */
final class ResourceUsage {
    static final int USER = 0;
    static final int SYSTEM = 16;
    static final int MICROSECONDS = 8;
    static final int BYTES = 144;

    private ResourceUsage() {}

    static long timeNs(Memory memory, int offset) {
        return memory.getLong(offset) * 1_000_000_000L
                + memory.getLong(offset + MICROSECONDS) * 1_000L;
    }
}

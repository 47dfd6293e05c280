package caffeine.os.linux;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;
import caffeine.os.foreign.ThreadMemory;

import java.lang.foreign.MemorySegment;

/** Reads and writes the 64-bit number that an eventfd or a timerfd is. */
final class Counter {
    private static final MemorySegment READ = Native.function("read");
    private static final MemorySegment WRITE = Native.function("write");

    private Counter() {}

    static long read(int fd) {
        Memory scratch = ThreadMemory.scratch();
        long result = Native.call(READ, fd, scratch.address(), Long.BYTES);
        return result < 0 ? result : scratch.getLong(0);
    }

    /** Writes a number that stands in memory already; errno's is brought along too. */
    static long write(int fd, Memory number, Memory errno) {
        return Native.call(errno, WRITE, fd, number.address(), Long.BYTES);
    }

    static long write(int fd, long n) {
        Memory scratch = ThreadMemory.scratch();
        scratch.putLong(0, n);
        return Native.call(WRITE, fd, scratch.address(), Long.BYTES);
    }
}

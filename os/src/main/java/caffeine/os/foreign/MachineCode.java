package caffeine.os.foreign;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;

/** Machine code outside of the C library, made callable (man 2 mmap, mprotect). */
public final class MachineCode {
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int PROT_EXEC = 4;
    static final int MAP_PRIVATE = 0x02;
    static final int MAP_ANONYMOUS = 0x20;

    private static final int PAGE_BYTES = 4096;

    private static final MemorySegment MMAP = Native.function("mmap");
    private static final MemorySegment MPROTECT = Native.function("mprotect");
    private static final MemorySegment MUNMAP = Native.function("munmap");

    private MachineCode() {}

    /**
     * Maps instructions for the life of this process; never writable and executable at once.
     *
     * @return their address, or null where the system allows no such memory (a JVM that compiles
     *     would not run there either)
     */
    public static @Nullable MemorySegment map(byte[] instructions) {
        if (instructions.length > PAGE_BYTES) {
            throw new IllegalArgumentException("more than a page");
        }
        int flags = MAP_PRIVATE | MAP_ANONYMOUS;
        long address = Native.call(MMAP, 0, PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0, 0);
        if (address < 0 && address > -PAGE_BYTES) {
            return null;
        }
        Memory.copy(instructions, address);
        if (Native.callInt(MPROTECT, address, PAGE_BYTES, PROT_READ | PROT_EXEC) < 0) {
            Native.callInt(MUNMAP, address, PAGE_BYTES);
            return null;
        }
        return MemorySegment.ofAddress(address);
    }
}

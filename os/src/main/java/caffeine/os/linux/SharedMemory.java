package caffeine.os.linux;

import caffeine.os.foreign.Memory;
import caffeine.os.foreign.Native;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of a file that several processes see (man 2 mmap, MAP_SHARED). */
public final class SharedMemory {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;

    private static final MemorySegment MMAP = Native.function("mmap");
    private static final MemorySegment MUNMAP = Native.function("munmap");

    private SharedMemory() {}

    /**
     * Maps the beginning of a file, which {@link caffeine.os.Files#memfdCreate} made and {@link
     * caffeine.os.Descriptors#ftruncate} gave its length. The descriptor may be closed afterwards.
     *
     * @param bytes how much; an access behind the end of the file kills the process (SIGBUS)
     * @param arena unmaps it when closed
     * @return the memory; null when the kernel refuses (the file is not open for reading and
     *     writing, the limit of memory or of mappings is reached)
     */
    public static @Nullable MemorySegment map(int fd, long bytes, Arena arena) {
        return map(fd, 0, bytes, arena);
    }

    /** The same from an offset of the file on. */
    static @Nullable MemorySegment map(int fd, long offset, long bytes, Arena arena) {
        long address =
                Native.call(MMAP, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset, 0);
        if (address < 0) {
            return null;
        }
        return Memory.attach(address, bytes, arena, SharedMemory::unmap);
    }

    private static void unmap(MemorySegment segment) {
        Native.callInt(MUNMAP, segment.address(), segment.byteSize());
    }
}

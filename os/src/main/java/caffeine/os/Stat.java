package caffeine.os;

import caffeine.os.foreign.Memory;

/**
 * The attributes of a file: reusable, filled by {@link Files#fstat} and {@link Files#statAt}.
 *
 * <pre>{@code
 * struct statx {                         // man 2 statx; the same on every processor, unlike stat
 *     __u32 stx_mask;
 *     __u32 stx_blksize;
 *     __u64 stx_attributes;
 *     __u32 stx_nlink;                   // 16
 *     __u32 stx_uid;                     // 20
 *     __u32 stx_gid;                     // 24
 *     __u16 stx_mode;                    // 28
 *     __u64 stx_ino;                     // 32
 *     __u64 stx_size;                    // 40
 *     __u64 stx_blocks;
 *     __u64 stx_attributes_mask;
 *     struct statx_timestamp stx_atime;  // 64; 16 bytes each: __s64 tv_sec; __u32 tv_nsec
 *     struct statx_timestamp stx_btime;
 *     struct statx_timestamp stx_ctime;  // 96
 *     struct statx_timestamp stx_mtime;  // 112
 *     __u32 stx_rdev_major, stx_rdev_minor;
 *     __u32 stx_dev_major, stx_dev_minor;  // 136, 140
 *     ...                                // 256 bytes in all
 * };
 * }</pre>
 */
public final class Stat {
    static final int NLINK = 16;
    static final int UID = 20;
    static final int GID = 24;
    static final int MODE = 28;
    static final int INO = 32;
    static final int SIZE = 40;
    static final int CTIME_SECONDS = 96;
    static final int CTIME_NANOS = 104;
    static final int MTIME_SECONDS = 112;
    static final int MTIME_NANOS = 120;
    static final int DEV_MAJOR = 136;
    static final int DEV_MINOR = 140;
    static final int BYTES = 256;

    private static final int S_IFMT = 0xf000;
    private static final int S_IFSOCK = 0xc000;
    private static final int S_IFLNK = 0xa000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFDIR = 0x4000;

    private final Memory memory = Memory.allocate(BYTES);

    /** Makes an empty one. */
    public Stat() {}

    long address() {
        return memory.address();
    }

    /** Type and permissions, as {@code st_mode}. */
    public int mode() {
        return memory.getShort(MODE) & 0xffff;
    }

    /** The twelve bits of permissions, {@code 07777}. */
    public int permissions() {
        return mode() & 0xfff;
    }

    public boolean isRegular() {
        return (mode() & S_IFMT) == S_IFREG;
    }

    public boolean isDirectory() {
        return (mode() & S_IFMT) == S_IFDIR;
    }

    public boolean isSymbolicLink() {
        return (mode() & S_IFMT) == S_IFLNK;
    }

    public boolean isSocket() {
        return (mode() & S_IFMT) == S_IFSOCK;
    }

    /** The size in bytes. */
    public long size() {
        return memory.getLong(SIZE);
    }

    /** The owner. */
    public int uid() {
        return memory.getInt(UID);
    }

    /** The owner's group. */
    public int gid() {
        return memory.getInt(GID);
    }

    /** How many names the file has; 0 once it is unlinked. */
    public int links() {
        return memory.getInt(NLINK);
    }

    /** The file system: major number in the upper half, minor number in the lower. */
    public long dev() {
        return (long) memory.getInt(DEV_MAJOR) << 32
                | Integer.toUnsignedLong(memory.getInt(DEV_MINOR));
    }

    /** The file's number within its file system; with {@link #dev} it identifies a file. */
    public long ino() {
        return memory.getLong(INO);
    }

    /** When the content last changed, in nanoseconds since 1970. */
    public long modifiedNs() {
        return memory.getLong(MTIME_SECONDS) * 1_000_000_000 + memory.getInt(MTIME_NANOS);
    }

    /** When the content or an attribute last changed, in nanoseconds since 1970. */
    public long changedNs() {
        return memory.getLong(CTIME_SECONDS) * 1_000_000_000 + memory.getInt(CTIME_NANOS);
    }
}

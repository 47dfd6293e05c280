package caffeine.server.file;

import caffeine.os.Stat;

/**
 * A version of a file: a change makes another version.
 *
 * @param device with the inode it identifies a file
 * @param inode 0 where the system has no such number
 * @param modifiedNs when the content changed, in nanoseconds since 1970
 * @param changedNs when an attribute changed (permissions, names), in the same way
 * @param bytes the size
 */
public record FileVersion(long device, long inode, long modifiedNs, long changedNs, long bytes) {

    private static final long SECOND_NS = 1_000_000_000L;

    static FileVersion of(Stat stat) {
        return new FileVersion(
                stat.dev(), stat.ino(), stat.modifiedNs(), stat.changedNs(), stat.size());
    }

    /** Whether the content is the same, although the file may have got another name or owner. */
    boolean hasContentOf(FileVersion other) {
        return device == other.device
                && inode == other.inode
                && modifiedNs == other.modifiedNs
                && bytes == other.bytes;
    }

    /**
     * A strong entity tag, with its quotes: size, time and inode. A representation that is stored
     * with a coding has its own file, and so its own tag.
     */
    String entityTag() {
        return "\""
                + Long.toHexString(bytes)
                + "-"
                + Long.toHexString(modifiedNs)
                + "-"
                + Long.toHexString(inode)
                + "\"";
    }

    /** The time of the content in seconds since 1970, rounded down. */
    long modifiedSecond() {
        return Math.floorDiv(modifiedNs, SECOND_NS);
    }
}

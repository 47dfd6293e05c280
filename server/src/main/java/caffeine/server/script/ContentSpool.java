package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.os.Errno;
import caffeine.server.buffer.SegmentChain;

/**
 * The content of one request, on its way to a script's standard input (DESIGN §5). It collects
 * content in memory; beyond 1 MiB, or when the {@link ContentStore} has no memory left, it moves to
 * a file.
 *
 * <pre>{@code
 * try (ContentSpool content = new ContentSpool(store)) {
 *     content.write(bytes, from, to);              // as often as some arrives
 *     spawn(..., content.openForReading(), ...);
 * }
 * }</pre>
 *
 * <p>Bytes are written at explicit positions, so the descriptor's own stays at 0, where the script
 * begins to read. Not thread-safe, but bound to no thread.
 */
public final class ContentSpool implements AutoCloseable {

    /** The most content that is held in memory. */
    static final long MEMORY_BYTES = 1 << 20;

    /**
     * How many bytes are collected before a write to the file, so that small chunks cost no call
     * each.
     */
    private static final long PIECE_BYTES = 64 << 10;

    private final ContentStore store;
    private final SegmentChain unwritten;
    private long size;
    private long written;
    private final SpoolFile file = new SpoolFile();

    public ContentSpool(ContentStore store) {
        this.store = store;
        this.unwritten = new SegmentChain(store.pool());
    }

    /** How many bytes of content there are so far. */
    public long size() {
        return size;
    }

    /**
     * Appends content.
     *
     * @throws HttpException 507 when the disk is full, 503 when memory or descriptors have run out,
     *     500 when there can be no file. The spool must be closed then.
     */
    public void write(byte[] b, int from, int to) {
        // In pieces, so that a large slice needs little memory on its way to a file.
        for (int at = from; at < to; ) {
            int end = (int) Math.min(to, at + PIECE_BYTES);
            keep(b, at, end);
            at = end;
        }
    }

    private void keep(byte[] b, int from, int to) {
        if (!unwritten.append(b, from, to)) {
            flushToFile();
            if (!unwritten.append(b, from, to)) {
                throw failure("memory", Errno.ENOMEM);
            }
        }
        size += to - from;
        if (unwritten.size() > (file.isOpen() ? PIECE_BYTES : MEMORY_BYTES)) {
            flushToFile();
        }
    }

    /**
     * A descriptor from which a script reads the content from its beginning. The spool keeps
     * ownership: close the spool, not the descriptor, when the script has its duplicate.
     *
     * @throws HttpException as {@link #write}
     */
    public int openForReading() {
        if (size == 0) {
            return store.nothing();
        }
        if (!file.isOpen()) {
            require(file.open(ContentStore.openMemory()), "memory");
        }
        flush();
        return file.descriptor();
    }

    /** Frees memory and file. Closing twice is harmless. */
    @Override
    public void close() {
        unwritten.close();
        file.close();
    }

    private void flushToFile() {
        if (!file.isOpen()) {
            require(file.open(store.openFile()), store.folder());
        }
        flush();
    }

    private void flush() {
        while (!unwritten.isEmpty()) {
            int length = unwritten.length();
            require(
                    file.write(unwritten.segment(), unwritten.offset(), length, written),
                    store.folder());
            written += length;
            unwritten.skip(length);
        }
    }

    private static void require(int result, String where) {
        if (result < 0) {
            throw failure(where, -result);
        }
    }

    private static HttpException failure(String where, int errno) {
        String detail = "cannot keep content in " + where + ": " + Errno.describe(errno);
        return switch (errno) {
            // The disk, the user's quota, the largest file that ulimit -f allows.
            case Errno.ENOSPC, Errno.EDQUOT, Errno.EFBIG ->
                    new HttpException(507, "RFC 4918 §11.5", detail);
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM ->
                    new HttpException(503, "RFC 9110 §15.6.4", detail);
            default -> new HttpException(500, "RFC 9110 §15.6.1", detail);
        };
    }
}

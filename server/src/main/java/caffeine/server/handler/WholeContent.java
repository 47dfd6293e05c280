package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.server.buffer.ContentMemory;

import java.util.Arrays;

/** The content of one request in one array, which grows as it comes. */
final class WholeContent {

    private static final byte[] NOTHING = {};
    private static final int FIRST_BYTES = 8 * 1024;

    private final ContentMemory memory;
    private final long declared;
    private byte[] bytes = NOTHING;
    private int length;

    /**
     * @param declared how many bytes are announced; negative when unknown
     */
    WholeContent(ContentMemory memory, long declared) {
        this.memory = memory;
        this.declared = declared;
    }

    /**
     * Appends a copy.
     *
     * @throws HttpException 503 when there is no memory for it, 413 for what no array can hold
     */
    void add(byte[] more, int from, int to) {
        long needed = (long) length + to - from;
        if (needed > bytes.length) {
            grow(needed);
        }
        System.arraycopy(more, from, bytes, length, to - from);
        length = (int) needed;
    }

    /**
     * Twice as much as before, or as much as is announced: never only because the client announces
     * it.
     */
    private void grow(long needed) {
        long wanted = Math.max(needed, Math.max(2L * bytes.length, FIRST_BYTES));
        if (declared >= needed) {
            wanted = Math.min(wanted, declared);
        }
        if (wanted > Integer.MAX_VALUE - 8) {
            throw new HttpException(413, "RFC 9110 §15.5.14", "content that no array can hold");
        }
        memory.reserve(wanted - bytes.length);
        bytes = Arrays.copyOf(bytes, (int) wanted);
    }

    /** All content, in an array of its length. */
    byte[] toArray() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** Drops it, and frees its memory; harmless a second time. */
    void release() {
        memory.release(bytes.length);
        bytes = NOTHING;
        length = 0;
    }
}

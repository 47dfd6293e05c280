package caffeine.server.script;

import java.util.Arrays;

/**
 * Puts the lines of a script's output together. A line lies in one array, which grows with what has
 * arrived; between lines nothing is kept.
 */
final class LineBuffer {
    private static final byte[] EMPTY = {};
    private static final int FIRST_BYTES = 1024;

    private final int mostBytes;
    private byte[] bytes = EMPTY;
    private int length;
    private boolean complete;

    /** Of lines with at most that many bytes, their ends not counted. */
    LineBuffer(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * Takes bytes up to the end of the line; none of a line that is too long.
     *
     * @return the index behind the last byte taken
     */
    int add(byte[] b, int from) {
        int end = from;
        while (end < b.length && b[end] != '\n') {
            end++;
        }
        complete = end < b.length;
        int needed = length + end - from;
        if (needed > mostBytes) {
            length = mostBytes + 1;
            bytes = EMPTY;
            return b.length;
        }
        if (needed > bytes.length) {
            int grown = complete ? needed : Math.max(2 * bytes.length, FIRST_BYTES);
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(grown, mostBytes)));
        }
        System.arraycopy(b, from, bytes, length, end - from);
        length = needed;
        return complete ? end + 1 : end;
    }

    /** Whether a line is too long. It is dropped. */
    boolean isTooLong() {
        return length > mostBytes;
    }

    /** Whether the end of the line is there. */
    boolean isComplete() {
        return complete;
    }

    /** Whether a line has begun. */
    boolean hasBegun() {
        return length > 0;
    }

    /** The line without its end; the caller takes ownership. The next one begins. */
    byte[] take() {
        byte[] line = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        clear();
        return line;
    }

    /** Drops the line. */
    void clear() {
        bytes = EMPTY;
        length = 0;
        complete = false;
    }

    /** The memory of a line that is not complete. */
    int heldBytes() {
        return bytes.length;
    }
}

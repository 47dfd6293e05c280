package caffeine.http.websocket;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Compression of messages in both directions, RFC 7692 §7.2. It has some 300 KiB outside of the
 * heap, until {@link #end}.
 */
final class PerMessageDeflate {
    /** A smaller message is sent as it is, which is always allowed: it would not get smaller. */
    static final int LEAST_BYTES = 32;

    /** The end of a flush, which is not sent, RFC 7692 §7.2.1. */
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    /** zlib repeats the end of a flush when there was no more room than this behind it. */
    private static final int FLUSH_ROOM = 16;

    private static final int LARGEST_KEPT_BUFFER = 16 << 10;
    private static final byte[] EMPTY = {};

    /** RFC 1951 without the header and the checksum of RFC 1950. */
    private static final boolean RAW = true;

    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, RAW);
    private final Inflater inflater = new Inflater(RAW);
    private final boolean forgetsSent;
    private final boolean forgetsReceived;

    private byte[] output = EMPTY;
    private int outputLength;

    private byte[] input = EMPTY;
    private int inputEnd;

    /**
     * The compression of a connection.
     *
     * @param forgetsSent whether a sent message must not refer to those before it
     * @param forgetsReceived whether a received message does not
     */
    PerMessageDeflate(boolean forgetsSent, boolean forgetsReceived) {
        this.forgetsSent = forgetsSent;
        this.forgetsReceived = forgetsReceived;
    }

    /** Frees the memory; harmless when repeated. */
    void end() {
        deflater.end();
        inflater.end();
        output = EMPTY;
    }

    // ---- sending

    /** Compresses a message of at least one byte, to the {@link #output}. */
    void compress(byte[] message, int from, int to) {
        deflater.setInput(message, from, to - from);
        outputLength = 0;
        int room;
        int count;
        do {
            reserve();
            room = output.length - outputLength;
            count = deflater.deflate(output, outputLength, room, Deflater.SYNC_FLUSH);
            outputLength += count;
        } while (count == room);
        deflater.setInput(EMPTY);
        outputLength -= TAIL.length;
        if (forgetsSent) {
            deflater.reset();
        }
    }

    /** The compressed message, valid until {@link #release}. */
    byte[] output() {
        return output;
    }

    int outputLength() {
        return outputLength;
    }

    /** Drops the compressed message, and its buffer when it is large. */
    void release() {
        if (output.length > LARGEST_KEPT_BUFFER) {
            output = EMPTY;
        }
    }

    private void reserve() {
        if (output.length - outputLength < FLUSH_ROOM) {
            output = Arrays.copyOf(output, Math.max(512, 2 * output.length));
        }
    }

    // ---- receiving

    /** Gives compressed bytes, which must stay unchanged until {@link #inflate} returns 0. */
    void receive(byte[] b, int from, int to) {
        input = b;
        inputEnd = to;
        inflater.setInput(b, from, to - from);
    }

    /** Gives the bytes that every message ends with and that are not sent. */
    void receiveTail() {
        receive(TAIL, 0, TAIL.length);
    }

    /**
     * Inflates to {@code target[from, to)}, which must not be empty.
     *
     * @return how many bytes; 0 when all that was given is consumed
     * @throws Violation 1007 for bytes that are no deflate data
     */
    int inflate(byte[] target, int from, int to) {
        int count = inflateStream(target, from, to);
        while (count == 0 && inflater.finished() && inflater.getRemaining() > 0) {
            beginNextStream();
            count = inflateStream(target, from, to);
        }
        return count;
    }

    /**
     * The bytes before invalid data come first, and the next call fails: zlib may find the one and
     * the other in the same call, which depends on how the bytes arrive.
     */
    private int inflateStream(byte[] target, int from, int to) {
        long before = inflater.getBytesWritten();
        try {
            return inflater.inflate(target, from, to - from);
        } catch (DataFormatException e) {
            int written = (int) (inflater.getBytesWritten() - before);
            if (written > 0) {
                return written;
            }
            throw new Violation(
                    CloseCode.INVALID_CONTENT,
                    "RFC 7692 §7.2.2",
                    "no deflate data: " + e.getMessage());
        }
    }

    /**
     * A block with BFINAL ends a stream for zlib, but not a message (RFC 7692 §7.2.3.4). What
     * follows cannot refer to what was before: a sender that ends its stream begins a new one.
     */
    private void beginNextStream() {
        int remaining = inflater.getRemaining();
        inflater.reset();
        inflater.setInput(input, inputEnd - remaining, remaining);
    }

    /** Ends a received message. */
    void messageEnd() {
        input = EMPTY;
        if (forgetsReceived || inflater.finished()) {
            inflater.reset();
        }
    }
}

package caffeine.http.websocket;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/**
 * Puts messages together from their frames, RFC 6455 §5.4: checks the place of each frame, keeps
 * the limits, inflates, and validates text as it arrives. Memory grows with what has arrived, not
 * with what is declared. Between messages it holds none.
 */
final class MessageAssembler {
    private static final byte[] EMPTY = {};

    /** No message has begun; this is the opcode of no first frame. */
    private static final int NONE = FrameHeader.CONTINUATION;

    /** The first array of a message that does not arrive at once. */
    private static final int FIRST_BYTES = 2048;

    /** Compressed bytes that are unmasked at once. */
    private static final int COMPRESSED_PIECE = 4096;

    private final WebSocketLimits limits;
    private final @Nullable PerMessageDeflate deflate;

    /** Null: no text was other than ASCII so far. */
    private @Nullable Utf8Validator text;

    private int opcode = NONE;
    private boolean compressed;
    private boolean isLastFrame;
    private int fragments;

    /** The declared bytes of all frames so far. */
    private long declaredBytes;

    private byte[] bytes = EMPTY;
    private int length;
    private byte[] unmasked = EMPTY;

    MessageAssembler(WebSocketLimits limits, @Nullable PerMessageDeflate deflate) {
        this.limits = limits;
        this.deflate = deflate;
    }

    /** Whether the message is text. */
    boolean isText() {
        return opcode == FrameHeader.TEXT;
    }

    /**
     * Begins a data frame.
     *
     * @throws Violation 1002 when it is out of place; 1009 or 1008 when it is too much
     */
    void begin(FrameHeader frame) {
        if (frame.opcode() != FrameHeader.CONTINUATION) {
            if (opcode != NONE) {
                throw Violation.ofProtocol("RFC 6455 §5.4", "a message within another");
            }
            opcode = frame.opcode();
            compressed = frame.isCompressed();
            fragments = 0;
            declaredBytes = 0;
            length = 0;
            if (text != null) {
                text.reset();
            }
        } else if (opcode == NONE) {
            throw Violation.ofProtocol("RFC 6455 §5.4", "a continuation of no message");
        }
        if (frame.length() > most() - declaredBytes) {
            throw tooLarge();
        }
        declaredBytes += frame.length();
        isLastFrame = frame.isFinal();
        if (++fragments > limits.fragments()) {
            throw new Violation(
                    CloseCode.POLICY,
                    "RFC 6455 §10.4",
                    "a message of more than " + limits.fragments() + " fragments");
        }
    }

    private long most() {
        return compressed ? limits.compressedBytes() : limits.messageBytes();
    }

    private Violation tooLarge() {
        return new Violation(
                CloseCode.TOO_LARGE,
                "RFC 6455 §10.4",
                "a message of more than " + limits.messageBytes() + " bytes");
    }

    /**
     * Takes payload of the frame.
     *
     * @param key for the first of these bytes
     * @param frameRest the bytes that the frame lacks, these included
     * @throws Violation 1007 for invalid text or compressed data, 1009 when it inflates to too much
     */
    void add(byte[] b, int from, int to, long key, long frameRest) {
        if (compressed) {
            addCompressed(b, from, to, key);
            return;
        }
        int count = to - from;
        // No overflow: the declared bytes are within the limit.
        reserve(count, isLastFrame ? length + (int) frameRest : limits.messageBytes());
        boolean ascii = Masking.apply(key, b, from, to, bytes, length);
        added(count, ascii);
    }

    /** Counts bytes behind the others. */
    private void added(int count, boolean ascii) {
        int from = length;
        length += count;
        if (!isText() || (ascii && isTextComplete())) {
            return;
        }
        Utf8Validator validator = text;
        if (validator == null) {
            validator = new Utf8Validator();
            text = validator;
        }
        if (!validator.accept(bytes, from, length)) {
            throw notText("a byte that no UTF-8 has here");
        }
    }

    /** Whether the text may end here. */
    private boolean isTextComplete() {
        return text == null || text.isComplete();
    }

    private static Violation notText(String detail) {
        return new Violation(CloseCode.INVALID_CONTENT, "RFC 6455 §8.1", detail);
    }

    /**
     * Ends the message.
     *
     * @return its bytes; the caller takes ownership
     * @throws Violation 1007 when it ends within a code point, or cannot be inflated
     */
    byte[] end() {
        if (compressed) {
            endCompressed();
        }
        if (isText() && !isTextComplete()) {
            throw notText("a text that ends within a code point");
        }
        byte[] whole = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        bytes = EMPTY;
        opcode = NONE;
        return whole;
    }

    /** The memory of a message that is not complete. */
    int heldBytes() {
        return bytes.length;
    }

    /** Drops what is there of a message. */
    void clear() {
        bytes = EMPTY;
        unmasked = EMPTY;
        opcode = NONE;
    }

    /**
     * Makes room for more bytes.
     *
     * @param end the most that the message can have: when it ends with this frame, its length, so
     *     that the last array needs no trimming
     */
    private void reserve(int count, int end) {
        int needed = length + count;
        if (needed > bytes.length) {
            int grown = Math.max(2 * bytes.length, needed == end ? 0 : FIRST_BYTES);
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(grown, end)));
        }
    }

    // ---- compressed messages

    private void addCompressed(byte[] b, int from, int to, long key) {
        if (unmasked.length == 0) {
            unmasked = new byte[COMPRESSED_PIECE];
        }
        long next = key;
        for (int at = from; at < to; ) {
            int count = Math.min(to - at, unmasked.length);
            Masking.apply(next, b, at, at + count, unmasked, 0);
            next = Masking.advance(next, count);
            deflate().receive(unmasked, 0, count);
            inflate();
            at += count;
        }
    }

    /**
     * A message of no byte at all has no tail to complete either: some senders compress an empty
     * message to that, though RFC 7692 §7.2.3.6 has a byte for it.
     */
    private void endCompressed() {
        if (declaredBytes > 0) {
            deflate().receiveTail();
            inflate();
        }
        deflate().messageEnd();
    }

    private void inflate() {
        while (true) {
            if (length == limits.messageBytes()) {
                if (deflate().inflate(new byte[1], 0, 1) > 0) {
                    throw tooLarge();
                }
                return;
            }
            if (length == bytes.length) {
                int grown = Math.max(FIRST_BYTES, 2 * bytes.length);
                bytes = Arrays.copyOf(bytes, Math.min(grown, limits.messageBytes()));
            }
            int count = deflate().inflate(bytes, length, bytes.length);
            if (count == 0) {
                return;
            }
            added(count, false);
        }
    }

    private PerMessageDeflate deflate() {
        if (deflate == null) {
            throw new AssertionError("a compressed message without the extension");
        }
        return deflate;
    }
}

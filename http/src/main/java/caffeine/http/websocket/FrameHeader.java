package caffeine.http.websocket;

/**
 * The header of a frame, RFC 6455 §5.2, byte for byte. It checks what can be said about a frame
 * alone; {@link MessageAssembler} checks its place among others.
 *
 * <pre>
 *           126, 127
 * LENGTH ────────────▶ EXTENDED_LENGTH
 *   ▲  │ else                │
 *   │  ▼                     ▼
 * FIRST          KEY ◀───────┤ masked
 *   ▲             │          │
 *   │ reset       ▼          │ not masked
 *   └───────── COMPLETE ◀────┘
 * </pre>
 *
 * Reused.
 */
final class FrameHeader {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    /** FIN in the first byte. */
    static final int FINAL = 0x80;

    /** RSV1 in the first byte: the message is compressed, RFC 7692 §6. */
    static final int COMPRESSED = 0x40;

    /** The mask bit in the second byte. */
    static final int MASKED = 0x80;

    /** The largest payload of a control frame, RFC 6455 §5.5. */
    static final int CONTROL_BYTES = 125;

    /** In the second byte: the length is in the next two bytes. */
    static final int LENGTH_16 = 126;

    /** In the second byte: the length is in the next eight bytes. */
    static final int LENGTH_64 = 127;

    private static final int RESERVED_BITS = 0x70;
    private static final int OPCODE = 0x0F;
    private static final int CONTROL = 0x08;

    private enum Part {
        FIRST,
        LENGTH,
        EXTENDED_LENGTH,
        KEY,
        COMPLETE
    }

    private final boolean masked;
    private final int allowedBits;

    private Part part = Part.FIRST;

    /** The bytes that the extended length or the key lacks. */
    private int missing;

    private int first;
    private long length;

    /** The least length that needs the extended form. */
    private int shortest;

    private long key;

    /**
     * A header before its first byte.
     *
     * @param masked whether the sender masks, as clients do and servers must not (RFC 6455 §5.1)
     * @param compression whether messages may be compressed
     */
    FrameHeader(boolean masked, boolean compression) {
        this.masked = masked;
        allowedBits = compression ? COMPRESSED : 0;
    }

    /** Goes before the first byte of the next frame. */
    void reset() {
        part = Part.FIRST;
    }

    /** Whether the last byte was read; the values are valid then. */
    boolean isComplete() {
        return part == Part.COMPLETE;
    }

    boolean isFinal() {
        return (first & FINAL) != 0;
    }

    boolean isCompressed() {
        return (first & COMPRESSED) != 0;
    }

    boolean isControl() {
        return (first & CONTROL) != 0;
    }

    int opcode() {
        return first & OPCODE;
    }

    /** The declared bytes of payload. */
    long length() {
        return length;
    }

    /** As {@link Masking} has it. */
    long key() {
        return key;
    }

    /**
     * Reads on, up to the last byte of the header.
     *
     * @return the index behind the last byte consumed: {@code to}, if the header is not complete
     * @throws Violation at the first byte that proves one
     */
    int read(byte[] b, int from, int to) {
        int at = from;
        while (at < to && part != Part.COMPLETE) {
            int octet = b[at++] & 0xFF;
            switch (part) {
                case FIRST -> first(octet);
                case LENGTH -> length(octet);
                case EXTENDED_LENGTH -> extendedLength(octet);
                case KEY -> key(octet);
                case COMPLETE -> throw new AssertionError(part);
            }
        }
        return at;
    }

    private void first(int octet) {
        first = octet;
        if ((octet & RESERVED_BITS & ~allowedBits) != 0) {
            throw Violation.ofProtocol("RFC 6455 §5.2", "a reserved bit without an extension");
        }
        switch (opcode()) {
            case TEXT, BINARY -> {}
            case CONTINUATION -> {
                if (isCompressed()) {
                    throw Violation.ofProtocol("RFC 7692 §6.1", "RSV1 in a later fragment");
                }
            }
            case CLOSE, PING, PONG -> {
                if (isCompressed()) {
                    throw Violation.ofProtocol("RFC 7692 §6.1", "RSV1 in a control frame");
                }
                if (!isFinal()) {
                    throw Violation.ofProtocol("RFC 6455 §5.5", "a fragmented control frame");
                }
            }
            default -> throw Violation.ofProtocol("RFC 6455 §5.2", "reserved opcode " + opcode());
        }
        part = Part.LENGTH;
    }

    private void length(int octet) {
        if (((octet & MASKED) != 0) != masked) {
            throw Violation.ofProtocol(
                    "RFC 6455 §5.1", masked ? "an unmasked frame" : "a masked frame of a server");
        }
        int small = octet & ~MASKED;
        if (isControl() && small > CONTROL_BYTES) {
            throw Violation.ofProtocol(
                    "RFC 6455 §5.5", "a control frame of more than " + CONTROL_BYTES + " bytes");
        }
        if (small < LENGTH_16) {
            length = small;
            lengthComplete();
            return;
        }
        length = 0;
        missing = small == LENGTH_16 ? Short.BYTES : Long.BYTES;
        shortest = small == LENGTH_16 ? LENGTH_16 : 1 << Short.SIZE;
        part = Part.EXTENDED_LENGTH;
    }

    private void extendedLength(int octet) {
        if (missing == Long.BYTES && octet > 0x7F) {
            throw Violation.ofProtocol("RFC 6455 §5.2", "a length of 2^63 bytes or more");
        }
        length = (length << Byte.SIZE) | octet;
        missing--;
        if (missing == 0) {
            if (length < shortest) {
                throw Violation.ofProtocol(
                        "RFC 6455 §5.2", "length " + length + " in more bytes than it needs");
            }
            lengthComplete();
        }
    }

    private void lengthComplete() {
        key = Masking.NONE;
        missing = Integer.BYTES;
        part = masked ? Part.KEY : Part.COMPLETE;
    }

    private void key(int octet) {
        missing--;
        key |= (long) octet << (Byte.SIZE * (Integer.BYTES - 1 - missing));
        if (missing == 0) {
            key = Masking.key((int) key);
            part = Part.COMPLETE;
        }
    }
}

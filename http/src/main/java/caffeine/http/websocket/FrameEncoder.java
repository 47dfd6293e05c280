package caffeine.http.websocket;

/** Writes headers of frames, RFC 6455 §5.2, with the shortest form of the length. */
final class FrameEncoder {
    /** The largest header: two bytes, a length of eight, a key of four. */
    static final int MOST_BYTES = 14;

    private FrameEncoder() {}

    /**
     * Writes a header without a mask.
     *
     * @param first the first byte: FIN, RSV1 and opcode
     * @return its bytes, at most ten
     */
    static int encode(byte[] target, int first, int length) {
        return put(target, first, 0, length);
    }

    /**
     * Writes a header with a mask.
     *
     * @param key the masking key, its first byte lowest
     * @return its bytes, at most fourteen
     */
    static int encodeMasked(byte[] target, int first, int length, int key) {
        int at = put(target, first, FrameHeader.MASKED, length);
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            target[at++] = (byte) (key >>> shift);
        }
        return at;
    }

    private static int put(byte[] target, int first, int maskBit, int length) {
        target[0] = (byte) first;
        if (length < FrameHeader.LENGTH_16) {
            target[1] = (byte) (maskBit | length);
            return 2;
        }
        boolean isShort = length < 1 << Short.SIZE;
        target[1] = (byte) (maskBit | (isShort ? FrameHeader.LENGTH_16 : FrameHeader.LENGTH_64));
        int bytes = isShort ? Short.BYTES : Long.BYTES;
        for (int i = 0; i < bytes; i++) {
            target[2 + i] = (byte) ((long) length >>> (Byte.SIZE * (bytes - 1 - i)));
        }
        return 2 + bytes;
    }
}

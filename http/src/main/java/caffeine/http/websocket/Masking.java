package caffeine.http.websocket;

/**
 * Masking of payload, RFC 6455 §5.3: the same operation masks and unmasks. A key is a word that
 * holds the four bytes of the frame twice, the next one to use lowest.
 */
final class Masking {
    /** The key that changes nothing: of a frame that is not masked. */
    static final long NONE = 0;

    private Masking() {}

    /** The key whose first byte is the lowest of these 32 bits. */
    static long key(int bytes) {
        long low = bytes & 0xFFFF_FFFFL;
        return low << 32 | low;
    }

    /** The key for the bytes behind the first {@code count}. */
    static long advance(long key, int count) {
        return Long.rotateRight(key, (count & 3) << 3);
    }

    /**
     * Copies {@code source[from, to)} to {@code target[at...]}, each byte combined with the key.
     *
     * @return whether all copied bytes are ASCII: this pass sees each of them anyway
     */
    static boolean apply(long key, byte[] source, int from, int to, byte[] target, int at) {
        long seen = 0;
        int i = from;
        int j = at;
        for (int last = to - Long.BYTES; i <= last; i += Long.BYTES, j += Long.BYTES) {
            long word = Words.get(source, i) ^ key;
            Words.set(target, j, word);
            seen |= word;
        }
        for (long rest = key; i < to; i++, j++, rest >>>= Byte.SIZE) {
            byte b = (byte) (source[i] ^ rest);
            target[j] = b;
            seen |= b;
        }
        return (seen & Words.HIGH_BITS) == 0;
    }
}

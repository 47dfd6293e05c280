package caffeine.bench.soak;

/** Pseudo-random bytes and their hash, as {@code soak.c} makes them. */
final class Noise {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private Noise() {}

    /**
     * So many bytes.
     *
     * @param seed where they begin; not 0
     */
    static byte[] of(long seed, int length) {
        byte[] bytes = new byte[length];
        long state = seed;
        for (int i = 0; i < length; i++) {
            if (i % Long.BYTES == 0) {
                state ^= state << 13;
                state ^= state >>> 7;
                state ^= state << 17;
            }
            bytes[i] = (byte) (state >>> (Byte.SIZE * (i % Long.BYTES)));
        }
        return bytes;
    }

    /** FNV-1a, 64 bits, in hexadecimal digits. */
    static String hash(byte[] bytes) {
        long hash = FNV_OFFSET;
        for (byte b : bytes) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return "%016x".formatted(hash);
    }
}

package caffeine.http;

/**
 * The limits of a request. All sizes are in bytes and include line ends.
 *
 * <pre>{@code
 * Limits.DEFAULTS.withContentBytes(300 << 20).withFieldLines(200)
 * }</pre>
 *
 * @param requestLineBytes the request line (else 414, or 501 when its method alone is longer)
 * @param fieldSectionBytes all field lines together, and again all of the trailer section (else
 *     431)
 * @param fieldLines the number of field lines, Host among them, and again of the trailer section's
 *     (else 431)
 * @param contentBytes the content, transfer codings removed (else 413)
 * @param chunkExtensionBytes the extensions of one chunk (else 400)
 */
public record Limits(
        int requestLineBytes,
        int fieldSectionBytes,
        int fieldLines,
        long contentBytes,
        int chunkExtensionBytes) {

    /** 8 KiB, 32 KiB, 100 field lines, 16 MiB, 256 B. */
    public static final Limits DEFAULTS = new Limits(8192, 32_768, 100, 16L << 20, 256);

    /** The most that any limit of a head may be, so that offsets stay well inside an int. */
    public static final int LARGEST_HEAD_LIMIT = 64 << 20;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException when one is negative, or larger than can be kept
     */
    public Limits {
        requireWithin("requestLineBytes", requestLineBytes, LARGEST_HEAD_LIMIT);
        requireWithin("fieldSectionBytes", fieldSectionBytes, LARGEST_HEAD_LIMIT);
        requireWithin("fieldLines", fieldLines, LARGEST_HEAD_LIMIT);
        requireWithin("contentBytes", contentBytes, Long.MAX_VALUE);
        requireWithin("chunkExtensionBytes", chunkExtensionBytes, LARGEST_HEAD_LIMIT);
    }

    /** The same limits with another one for the request line. */
    public Limits withRequestLineBytes(int bytes) {
        return new Limits(bytes, fieldSectionBytes, fieldLines, contentBytes, chunkExtensionBytes);
    }

    /** The same limits with another one for the field section. */
    public Limits withFieldSectionBytes(int bytes) {
        return new Limits(requestLineBytes, bytes, fieldLines, contentBytes, chunkExtensionBytes);
    }

    /** The same limits with another one for the number of field lines. */
    public Limits withFieldLines(int lines) {
        return new Limits(
                requestLineBytes, fieldSectionBytes, lines, contentBytes, chunkExtensionBytes);
    }

    /** The same limits with another one for the content. */
    public Limits withContentBytes(long bytes) {
        return new Limits(
                requestLineBytes, fieldSectionBytes, fieldLines, bytes, chunkExtensionBytes);
    }

    /** The same limits with another one for the extensions of a chunk. */
    public Limits withChunkExtensionBytes(int bytes) {
        return new Limits(requestLineBytes, fieldSectionBytes, fieldLines, contentBytes, bytes);
    }

    private static void requireWithin(String name, long value, long largest) {
        if (value < 0 || value > largest) {
            throw new IllegalArgumentException(name + " is " + value + ", not 0 to " + largest);
        }
    }
}

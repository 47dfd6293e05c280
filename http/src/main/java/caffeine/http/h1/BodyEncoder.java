package caffeine.http.h1;

import caffeine.http.OutputBuffer;

import java.nio.charset.StandardCharsets;

/**
 * Writes content in the chunked transfer coding, RFC 9112 §7.1, without extensions and trailer
 * section. Content in another buffer (for {@code writev}) need not be copied: {@link #chunkHead},
 * the content, {@link #chunkTail}.
 */
public final class BodyEncoder {
    private static final byte[] LAST = "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private BodyEncoder() {}

    /**
     * Writes the bytes from {@code from} to before {@code to} as one chunk. None is no chunk: an
     * empty one would end the content.
     */
    public static void chunk(OutputBuffer out, byte[] b, int from, int to) {
        if (from < to) {
            chunkHead(out, to - from);
            out.put(b, from, to);
            chunkTail(out);
        }
    }

    /**
     * Writes what comes before the content of a chunk.
     *
     * @param length the bytes of content that follow, at least 1
     * @throws IllegalArgumentException for less: an empty chunk would end the content
     */
    public static void chunkHead(OutputBuffer out, long length) {
        if (length < 1) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes");
        }
        out.putHex(length);
        out.putLineEnd();
    }

    /** Writes what comes behind the content of a chunk. */
    public static void chunkTail(OutputBuffer out) {
        out.putLineEnd();
    }

    /** Writes the last chunk and an empty trailer section: the content is complete. */
    public static void last(OutputBuffer out) {
        out.put(LAST);
    }
}

package caffeine.server.file;

import caffeine.http.representation.ByteRanges;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/** The framing of several ranges in one response: multipart/byteranges (RFC 9110 §14.6). */
final class Multipart {

    private final String boundary;
    private final String type;
    private boolean begun;

    /**
     * @param type the media type of the parts
     */
    Multipart(String type) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        // 128 bits that no file can know of.
        this.boundary = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
        this.type = type;
    }

    /** The value of Content-Type. */
    String type() {
        return "multipart/byteranges; boundary=" + boundary;
    }

    /**
     * The bytes before a part.
     *
     * @param size of the whole representation
     */
    byte[] head(ByteRanges.Range range, long size) {
        String delimiter = (begun ? "\r\n--" : "--") + boundary;
        begun = true;
        return bytes(
                delimiter
                        + "\r\nContent-Type: "
                        + type
                        + "\r\nContent-Range: "
                        + range.contentRange(size)
                        + "\r\n\r\n");
    }

    /** The bytes behind the last part. */
    byte[] end() {
        return bytes("\r\n--" + boundary + "--\r\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}

package caffeine.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The path of a request target, taken apart: percent-triples decoded once, dot segments removed
 * (RFC 3986 §5.2.4), empty segments kept. {@code /a//b/../c/} has the segments {@code "a"}, {@code
 * ""}, {@code "c"} and {@code ""}; {@code /} has a single one, {@code ""}.
 *
 * <p>A path is bytes, which {@link #octets} has as they are, for names of files. {@link #segments}
 * has them as text.
 *
 * <pre>{@code
 * RequestPath.of("/caf%C3%A9/../menu").segments() // menu
 * }</pre>
 */
public final class RequestPath {
    private final List<String> octets;

    private RequestPath(List<String> octets) {
        this.octets = Collections.unmodifiableList(octets);
    }

    /**
     * Takes a path apart.
     *
     * @param rawPath as {@link RequestTarget#rawPath} has it
     * @throws HttpException 400 when it does not begin with a slash, holds a malformed triple, an
     *     encoded slash or NUL, or climbs out at its top
     */
    public static RequestPath of(String rawPath) {
        return of(rawPath, false);
    }

    /**
     * Takes a path apart in which a slash may be encoded. Such a slash is a character of its
     * segment. So two different paths may have the same {@link #tail}, and a segment may contain
     * dot segments, which stay as they are.
     *
     * @throws HttpException as {@link #of}, but for encoded slashes
     */
    public static RequestPath withEncodedSlashes(String rawPath) {
        return of(rawPath, true);
    }

    private static RequestPath of(String rawPath, boolean encodedSlashes) {
        if (!rawPath.startsWith("/")) {
            throw new HttpException(400, "RFC 9112 §3.2.1", "a path without a slash");
        }
        List<String> segments = new ArrayList<>();
        String segment = "";
        int depth = 0;
        for (int start = 1, end; start <= rawPath.length(); start = end + 1) {
            int slash = rawPath.indexOf('/', start);
            end = slash < 0 ? rawPath.length() : slash;
            // Decoded first: %2E is a dot like any other (RFC 3986 §6.2.2.2).
            segment = decoded(rawPath.substring(start, end), encodedSlashes);
            switch (segment) {
                case "." -> {}
                case ".." -> depth -= goUp(segments, depth);
                case "" -> segments.add(segment);
                default -> {
                    segments.add(segment);
                    depth++;
                }
            }
        }
        if (segment.equals(".") || segment.equals("..")) {
            segments.add("");
        }
        return new RequestPath(segments);
    }

    /**
     * The segments as text; the last one is empty when the path ends in a slash. Unmodifiable.
     *
     * @throws HttpException 400 when they are not in UTF-8, as RFC 3986 §2.5 has text in URIs
     */
    public List<String> segments() {
        return octets.stream().map(RequestPath::text).toList();
    }

    /**
     * The same as bytes, whatever they mean: each character (ISO-8859-1) stands for one byte.
     * Unmodifiable.
     */
    public List<String> octets() {
        return octets;
    }

    /** Whether the path ends in a slash. */
    public boolean endsInSlash() {
        return octets.getLast().isEmpty();
    }

    /**
     * The decoded path from segment {@code from} on as bytes, with a slash before each of its
     * segments; the empty string when there is none.
     */
    public String tail(int from) {
        StringBuilder text = new StringBuilder();
        for (String segment : octets.subList(from, octets.size())) {
            text.append('/').append(segment);
        }
        return text.toString();
    }

    /** The whole decoded path as bytes. */
    @Override
    public String toString() {
        return tail(0);
    }

    /**
     * Removes the last segment, and returns the change of depth. As in a file system, empty
     * segments do not count.
     */
    private static int goUp(List<String> segments, int depth) {
        if (depth == 0) {
            throw new HttpException(400, "RFC 3986 §5.2.4", "a path that climbs out");
        }
        return segments.removeLast().isEmpty() ? 0 : 1;
    }

    private static String text(String octets) {
        return PercentEncoding.utf8(octets, "RFC 3986 §2.5", "a path");
    }

    /** A segment has no slash of its own: one in the result was encoded. */
    private static String decoded(String segment, boolean encodedSlashes) {
        String octets = PercentEncoding.decoded(segment);
        if (!encodedSlashes && octets.indexOf('/') >= 0) {
            throw encodedSlash();
        }
        if (octets.indexOf('\0') >= 0) {
            throw new HttpException(400, "RFC 3986 §2.2", "an encoded NUL");
        }
        return octets;
    }

    /** The violation of an encoded slash. */
    public static HttpException encodedSlash() {
        return new HttpException(400, "RFC 3986 §2.2", "an encoded slash");
    }

    /**
     * A path of bytes, a character (ISO-8859-1) for each, as in a URL: each byte that is neither a
     * pchar (RFC 3986 §3.3) nor a slash as a percent-triple.
     */
    public static String encoded(String path) {
        StringBuilder text = new StringBuilder(path.length() + 16);
        for (byte b : path.getBytes(StandardCharsets.ISO_8859_1)) {
            if (b == '/' || isPathCharacter(b)) {
                text.append((char) b);
            } else {
                text.append('%').append(hexDigit(b >> 4)).append(hexDigit(b));
            }
        }
        return text.toString();
    }

    /** pchar without percent-triples. */
    private static boolean isPathCharacter(byte b) {
        return Syntax.isRegNameChar(b) || b == ':' || b == '@';
    }

    private static char hexDigit(int value) {
        return "0123456789ABCDEF".charAt(value & 0xf);
    }
}

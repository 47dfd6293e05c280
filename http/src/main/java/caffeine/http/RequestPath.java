package caffeine.http;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The path of a request target, taken apart: percent-triples decoded once, dot segments removed
 * (RFC 3986 §5.2.4), empty segments kept. {@code /a//b/../c/} has the segments {@code "a"}, {@code
 * ""}, {@code "c"} and {@code ""}; {@code /} has a single one, {@code ""}. Characters are
 * ISO-8859-1: each stands for one byte.
 */
public final class RequestPath {
    private final List<String> segments;

    private RequestPath(List<String> segments) {
        this.segments = Collections.unmodifiableList(segments);
    }

    /**
     * Takes a path apart.
     *
     * @param rawPath as {@link RequestTarget#rawPath} has it
     * @throws HttpException 400 when it does not begin with a slash, holds a malformed triple, an
     *     encoded slash or NUL, or climbs out at its top
     */
    public static RequestPath of(String rawPath) {
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
            segment = decoded(rawPath.substring(start, end));
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

    /** The segments; the last one is empty when the path ends in a slash. Unmodifiable. */
    public List<String> segments() {
        return segments;
    }

    /** Whether the path ends in a slash. */
    public boolean endsInSlash() {
        return segments.getLast().isEmpty();
    }

    /**
     * The decoded path from segment {@code from} on, with a slash before each of its segments; the
     * empty string when there is none.
     */
    public String tail(int from) {
        StringBuilder text = new StringBuilder();
        for (String segment : segments.subList(from, segments.size())) {
            text.append('/').append(segment);
        }
        return text.toString();
    }

    /** The whole decoded path. */
    @Override
    public String toString() {
        return tail(0);
    }

    /**
     * Removes the last segment, and says by how much that is less deep. A path climbs out when it
     * would in a file system, where empty segments are none.
     */
    private static int goUp(List<String> segments, int depth) {
        if (depth == 0) {
            throw new HttpException(400, "RFC 3986 §5.2.4", "a path that climbs out");
        }
        return segments.removeLast().isEmpty() ? 0 : 1;
    }

    private static String decoded(String segment) {
        int percent = segment.indexOf('%');
        if (percent < 0) {
            return segment;
        }
        StringBuilder text = new StringBuilder(segment.length());
        text.append(segment, 0, percent);
        for (int i = percent; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (c == '%') {
                c = triple(segment, i);
                i += 2;
            }
            text.append(c);
        }
        return text.toString();
    }

    private static char triple(String segment, int at) {
        int high = at + 1 < segment.length() ? hexValue(segment.charAt(at + 1)) : -1;
        int low = at + 2 < segment.length() ? hexValue(segment.charAt(at + 2)) : -1;
        if (high < 0 || low < 0) {
            throw new HttpException(400, "RFC 3986 §2.1", "a percent sign without two digits");
        }
        char c = (char) (high << 4 | low);
        if (c == '/' || c == 0) {
            throw new HttpException(
                    400, "RFC 3986 §2.2", "an encoded " + (c == 0 ? "NUL" : "slash"));
        }
        return c;
    }

    private static int hexValue(char c) {
        return c > 0x7F ? -1 : Syntax.hexValue((byte) c);
    }
}

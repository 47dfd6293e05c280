package caffeine.conformance.cases;

import caffeine.conformance.harness.Mismatch;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parts of a multipart/byteranges content (RFC 9110 §14.6, RFC 2046 §5.1). */
final class Parts {

    private static final Pattern CONTENT_TYPE =
            Pattern.compile(
                    "multipart/byteranges[\\t ]*;[\\t ]*boundary="
                            + "(?:\"([^\"]{1,70})\"|([!#$%&'*+\\-.^_`|~0-9A-Za-z]+))",
                    Pattern.CASE_INSENSITIVE);
    private static final Pattern END = Pattern.compile("--[\\t ]*(\\r\\n|\\z)");
    private static final int SHOWN = 80;

    private record Part(String range, String content) {

        @Override
        public String toString() {
            return range + "=" + shown(content);
        }
    }

    private Parts() {}

    /**
     * Empty when the content has just these parts.
     *
     * @param due {@code 0-9/99=TEXT 20-29/99=TEXT}
     */
    static Optional<String> complaint(Response r, String due) {
        List<Part> wanted = new ArrayList<>();
        for (String word : due.split(" ", -1)) {
            String[] sides = word.split("=", 2);
            String text = sides.length > 1 ? Escapes.undo(sides[1]) : "";
            wanted.add(new Part("bytes " + sides[0], text));
        }
        try {
            List<Part> found = of(r);
            return found.equals(wanted) ? Optional.empty() : Optional.of("parts " + found);
        } catch (Mismatch e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static List<Part> of(Response r) {
        Matcher type = CONTENT_TYPE.matcher(r.field("Content-Type"));
        if (!type.matches() || !r.all("Content-Range").isEmpty()) {
            throw new Mismatch(
                    "no multipart/byteranges: Content-Type "
                            + r.all("Content-Type")
                            + ", Content-Range "
                            + r.all("Content-Range"));
        }
        String boundary = type.group(1) != null ? type.group(1) : type.group(2);
        String delimiter = Pattern.quote("\r\n--" + boundary);
        List<String> pieces = Arrays.asList(("\r\n" + r.text()).split(delimiter, -1));
        if (pieces.size() < 2 || !END.matcher(pieces.getLast()).lookingAt()) {
            String end = r.text().substring(Math.max(0, r.text().length() - SHOWN));
            throw new Mismatch("multipart without its last delimiter: " + Text.quote(end));
        }
        return pieces.subList(1, pieces.size() - 1).stream().map(Parts::part).toList();
    }

    /** What stands between two delimiters: the rest of its line, fields, an empty line, content. */
    private static Part part(String piece) {
        String padded = piece.replaceFirst("^[\\t ]+", "");
        int blank = padded.indexOf("\r\n\r\n");
        if (blank < 0 || !padded.startsWith("\r\n")) {
            throw malformed(piece);
        }
        List<String> ranges = new ArrayList<>();
        for (String line : padded.substring(0, blank).split("\r\n", -1)) {
            String[] sides = line.split(":", 2);
            String value = sides.length > 1 ? sides[1].strip() : "";
            if (value.indexOf('\n') >= 0) {
                throw malformed(piece);
            }
            if (sides[0].equalsIgnoreCase("Content-Range")) {
                ranges.add(value);
            }
        }
        if (ranges.size() != 1) {
            throw malformed(piece);
        }
        return new Part(ranges.getFirst(), padded.substring(blank + 4));
    }

    private static Mismatch malformed(String piece) {
        return new Mismatch("malformed part " + shown(piece));
    }

    private static String shown(String text) {
        return Text.quote(text.substring(0, Math.min(SHOWN, text.length())));
    }
}

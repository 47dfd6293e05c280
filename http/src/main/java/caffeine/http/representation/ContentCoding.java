package caffeine.http.representation;

import caffeine.http.Fields;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The content codings of stored representations (RFC 9110 §8.4.1), the preferred ones first, and
 * the choice between them by Accept-Encoding (§12.5.3).
 */
public enum ContentCoding {
    /** Brotli (RFC 7932). */
    BR("br", ".br"),
    /** Zstandard (RFC 8878). */
    ZSTD("zstd", ".zst"),
    /** gzip (RFC 1952). */
    GZIP("gzip", ".gz"),
    /** No coding. */
    IDENTITY("identity", "");

    /** Not acceptable. */
    private static final int NONE = 0;

    /** The weight of a member without one, in thousandths. */
    private static final int FULL = 1000;

    private static final int UNLISTED = -1;

    /** The name in Content-Encoding. */
    public final String token;

    /** The ending of the name of a file with this coding, behind that of the file without it. */
    public final String ending;

    ContentCoding(String token, String ending) {
        this.token = token;
        this.ending = ending;
    }

    /**
     * The coding that a client prefers. Of several with the same weight the first one here counts;
     * a client that says nothing gets {@link #IDENTITY}. Where it accepts none of them it gets
     * IDENTITY too, as RFC 9110 §12.5.3 allows.
     *
     * @param available the codings that there are, beside IDENTITY
     */
    public static ContentCoding choose(Fields fields, Set<ContentCoding> available) {
        if (available.isEmpty() || !fields.contains("Accept-Encoding")) {
            return IDENTITY;
        }
        List<String> lines = fields.all("Accept-Encoding");
        int others = weight(lines, "*");
        ContentCoding best = IDENTITY;
        int bestWeight = NONE;
        for (ContentCoding coding : values()) {
            if (coding != IDENTITY && !available.contains(coding)) {
                continue;
            }
            int weight = weight(lines, coding.token);
            if (weight == UNLISTED) {
                weight = others != UNLISTED ? others : NONE;
            }
            if (weight > bestWeight) {
                best = coding;
                bestWeight = weight;
            }
        }
        return best;
    }

    /** The weight of a member of the list, in thousandths; {@link #UNLISTED} without it. */
    private static int weight(List<String> lines, String token) {
        for (String line : lines) {
            for (String member : line.split(",", -1)) {
                String[] parts = member.split(";", -1);
                String name = parts[0].strip().toLowerCase(Locale.ROOT);
                if (name.equals(token) || name.equals("x-" + token)) {
                    return weight(parts);
                }
            }
        }
        return UNLISTED;
    }

    /** RFC 9110 §12.4.2. A weight that is none makes the member not acceptable. */
    private static int weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.regionMatches(true, 0, "q=", 0, 2)) {
                return thousandths(parameter.substring(2));
            }
        }
        return FULL;
    }

    private static int thousandths(String text) {
        boolean valid =
                text.length() <= 5
                        && (text.startsWith("0") || text.startsWith("1"))
                        && (text.length() == 1 || text.charAt(1) == '.');
        if (!valid) {
            return NONE;
        }
        int value = text.charAt(0) == '1' ? FULL : NONE;
        int unit = FULL;
        for (int i = 2; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return NONE;
            }
            unit /= 10;
            value += digit * unit;
        }
        return value > FULL ? NONE : value;
    }
}

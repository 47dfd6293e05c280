package caffeine.conformance.harness;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One response as it came.
 *
 * @param version {@code 1.0} or {@code 1.1}
 * @param fields in wire order, names in lower case, values without white space around them
 * @param text the content with its transfer coding undone, a character for each byte
 * @param toEnd whether only the end of the connection ended the content
 */
public record Response(
        String version, int status, String reason, List<Field> fields, String text, boolean toEnd) {

    /** A field line; the name in lower case. */
    public record Field(String name, String value) {}

    Response withContent(String content, boolean endedByClose) {
        return new Response(version, status, reason, fields, content, endedByClose);
    }

    public List<String> all(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return fields.stream().filter(f -> f.name().equals(wanted)).map(Field::value).toList();
    }

    /** All values joined with {@code ", "}; empty when there are none. */
    public String field(String name) {
        return String.join(", ", all(name));
    }

    /** Whether {@code Connection} names the option. */
    public boolean hasOption(String option) {
        return Arrays.stream(field("Connection").split(","))
                .anyMatch(word -> word.strip().equalsIgnoreCase(option));
    }

    public boolean hasLine(String line) {
        return ("\n" + text + "\n").contains("\n" + line + "\n");
    }

    @Override
    public String toString() {
        String start = text.length() > 400 ? text.substring(0, 400) + "..." : text;
        return "HTTP/" + version + " " + status + " " + reason + "\n" + fields + "\n" + start;
    }
}

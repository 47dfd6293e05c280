package caffeine.cli.instance;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One JSON object (RFC 8259) of texts, lists of texts, and whole numbers, written and read back:
 * all that the file about an instance needs.
 */
final class Json {

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Writes members in their order; each value is a text, a list of texts, or a whole number. */
    static String write(Map<String, Object> members) {
        StringBuilder json = new StringBuilder("{");
        members.forEach(
                (name, value) -> {
                    json.append(json.length() == 1 ? "" : ",");
                    quote(json, name);
                    json.append(':');
                    if (value instanceof Number number) {
                        json.append(number.longValue());
                    } else if (value instanceof List<?> texts) {
                        String separator = "[";
                        for (Object text : texts) {
                            json.append(separator);
                            quote(json, text.toString());
                            separator = ",";
                        }
                        json.append(texts.isEmpty() ? "[]" : "]");
                    } else {
                        quote(json, value.toString());
                    }
                });
        return json.append('}').toString();
    }

    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || (c >= 0x7f && c < 0xa0) || Character.isSurrogate(c)) {
                json.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    json.append(Character.forDigit(c >> shift & 15, 16));
                }
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    /** The members of an object that {@link #write} wrote; null for anything else. */
    static @Nullable Map<String, Object> read(String text) {
        try {
            Json json = new Json(text);
            Map<String, Object> members = json.object();
            json.skipBlanks();
            return json.at == text.length() ? members : null;
        } catch (NumberFormatException | IndexOutOfBoundsException _) {
            return null; // Cut off, or no JSON.
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        expect('{');
        while (peek() != '}') {
            if (!members.isEmpty()) {
                expect(',');
            }
            String name = string();
            expect(':');
            members.put(
                    name,
                    switch (peek()) {
                        case '"' -> string();
                        case '[' -> strings();
                        default -> number();
                    });
        }
        expect('}');
        return members;
    }

    private List<String> strings() {
        List<String> strings = new ArrayList<>();
        expect('[');
        while (peek() != ']') {
            if (!strings.isEmpty()) {
                expect(',');
            }
            strings.add(string());
        }
        expect(']');
        return strings;
    }

    private Long number() {
        int from = at;
        while (text.charAt(at) == '-' || Character.isDigit(text.charAt(at))) {
            at++;
        }
        return Long.valueOf(text.substring(from, at));
    }

    private String string() {
        expect('"');
        StringBuilder string = new StringBuilder();
        while (text.charAt(at) != '"') {
            char c = text.charAt(at++);
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() {
        char c = text.charAt(at++);
        return switch (c) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                at += 4;
                yield (char) Integer.parseInt(text, at - 4, at, 16);
            }
            default -> c;
        };
    }

    private char peek() {
        skipBlanks();
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw new NumberFormatException(c + " is missing at " + at);
        }
        at++;
    }

    private void skipBlanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }
}

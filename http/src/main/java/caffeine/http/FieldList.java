package caffeine.http;

import java.util.ArrayList;
import java.util.List;

/**
 * A field section under construction, RFC 9110 §5. Names and values are checked, so that no value
 * can end its line and begin another.
 *
 * <pre>{@code
 * FieldList.of("Vary", "Accept").add("Set-Cookie", cookie)
 * }</pre>
 */
public final class FieldList implements Fields {
    private final List<String> names = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    /** An empty list. */
    public FieldList() {}

    /**
     * A list of names and values in turn: {@code FieldList.of("Allow", "GET", "Vary", "Accept")}.
     *
     * @throws IllegalArgumentException when the number is odd, or as for {@link #add}
     */
    public static FieldList of(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException("a name without a value");
        }
        FieldList list = new FieldList();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            list.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return list;
    }

    /**
     * Adds a field line behind all others.
     *
     * @param name a token, RFC 9110 §5.1
     * @param value characters up to U+00FF without controls other than tab, RFC 9110 §5.5;
     *     whitespace around it is taken off
     * @throws IllegalArgumentException when one of them is neither
     */
    public FieldList add(String name, String value) {
        requireName(name);
        String content = withoutWhitespaceAround(value);
        names.add(name);
        values.add(content);
        return this;
    }

    /** Adds all field lines of another section. */
    public FieldList addAll(Fields fields) {
        for (int i = 0; i < fields.size(); i++) {
            add(fields.name(i), fields.value(i));
        }
        return this;
    }

    /**
     * Replaces the first line of its name by this line and removes the others; adds it when there
     * is none.
     *
     * @throws IllegalArgumentException as for {@link #add}
     */
    public FieldList set(String name, String value) {
        requireName(name);
        String content = withoutWhitespaceAround(value);
        int first = indexOf(name, 0);
        if (first < 0) {
            names.add(name);
            values.add(content);
            return this;
        }
        names.set(first, name);
        values.set(first, content);
        removeFrom(first + 1, name);
        return this;
    }

    /** Removes all field lines of that name. */
    public FieldList remove(String name) {
        removeFrom(0, name);
        return this;
    }

    /** Removes all field lines. */
    public void clear() {
        names.clear();
        values.clear();
    }

    @Override
    public int size() {
        return names.size();
    }

    @Override
    public String name(int i) {
        return names.get(i);
    }

    @Override
    public String value(int i) {
        return values.get(i);
    }

    /** The lines as they would be sent, for logs and tests. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < size(); i++) {
            text.append(names.get(i)).append(": ").append(values.get(i)).append("\r\n");
        }
        return text.toString();
    }

    private void removeFrom(int from, String name) {
        for (int i = indexOf(name, from); i >= 0; i = indexOf(name, i)) {
            names.remove(i);
            values.remove(i);
        }
    }

    private static void requireName(String name) {
        if (!Syntax.isToken(name)) {
            throw new IllegalArgumentException("not a field name (RFC 9110 §5.1): " + quote(name));
        }
    }

    private static String withoutWhitespaceAround(String value) {
        if (!Syntax.isFieldValue(value)) {
            throw new IllegalArgumentException(
                    "not a field value (RFC 9110 §5.5): " + quote(value));
        }
        int from = 0;
        int to = value.length();
        while (from < to && isWhitespace(value.charAt(from))) {
            from++;
        }
        while (from < to && isWhitespace(value.charAt(to - 1))) {
            to--;
        }
        return value.substring(from, to);
    }

    private static boolean isWhitespace(char c) {
        return c == ' ' || c == '\t';
    }

    /** A control character must not take effect in a message. */
    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars()
                .limit(80)
                .forEach(
                        c -> {
                            if (c < ' ' || c > '~') {
                                quoted.append(String.format("\\u%04x", c));
                            } else {
                                quoted.append((char) c);
                            }
                        });
        return quoted.append('"').toString();
    }
}

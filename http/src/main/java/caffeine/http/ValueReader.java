package caffeine.http;

import org.jspecify.annotations.Nullable;

/**
 * Reads a field value from left to right: the tokens, quoted strings and whitespace of RFC 9110
 * §5.6. It decides nothing; its user knows which of them may be where.
 */
public final class ValueReader {
    private final String value;
    private int at;

    /** A reader before the first character of a field value. */
    public ValueReader(String value) {
        this.value = value;
    }

    /** Whether all is read. */
    public boolean isAtEnd() {
        return at == value.length();
    }

    /** Whether the next character is {@code c}. */
    public boolean isAt(char c) {
        return at < value.length() && value.charAt(at) == c;
    }

    /** Skips {@code c} if it is the next character; returns whether it was. */
    public boolean skip(char c) {
        if (!isAt(c)) {
            return false;
        }
        at++;
        return true;
    }

    /** Skips spaces and tabs, RFC 9110 §5.6.3. */
    public void skipWhitespace() {
        while (isAt(' ') || isAt('\t')) {
            at++;
        }
    }

    /** The token here, RFC 9110 §5.6.2; {@code ""} when there is none. */
    public String token() {
        int from = at;
        while (at < value.length()
                && value.charAt(at) <= 0x7F
                && Syntax.isTokenChar((byte) value.charAt(at))) {
            at++;
        }
        return value.substring(from, at);
    }

    /**
     * The quoted string here, RFC 9110 §5.6.4: what is between its quotes, as sent; {@link
     * #unescaped} removes the backslashes.
     *
     * @return null when none begins here, or it does not end
     */
    public @Nullable String quotedString() {
        if (!skip('"')) {
            return null;
        }
        int from = at;
        while (at < value.length() && value.charAt(at) != '"') {
            at += value.charAt(at) == '\\' ? 2 : 1;
        }
        if (at >= value.length()) {
            at = value.length();
            return null;
        }
        return value.substring(from, at++);
    }

    /** A quoted string's text with each quoted-pair replaced by its second character. */
    public static String unescaped(String quoted) {
        if (quoted.indexOf('\\') < 0) {
            return quoted;
        }
        StringBuilder text = new StringBuilder(quoted.length());
        for (int i = 0; i < quoted.length(); i++) {
            if (quoted.charAt(i) == '\\' && i + 1 < quoted.length()) {
                i++;
            }
            text.append(quoted.charAt(i));
        }
        return text.toString();
    }
}

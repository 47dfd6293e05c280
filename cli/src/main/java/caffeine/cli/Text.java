package caffeine.cli;

/** Puts foreign text into a line without breaking the line. */
final class Text {

    private static final int LONGEST_QUOTE = 200;

    private Text() {}

    /** The text in quotes, on one line, and shortened when it is very long. */
    static String quoted(String text) {
        String shown =
                text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "...";
        return '"' + oneLine(shown) + '"';
    }

    /** The text with each control character (also a terminal's escape) written as {@code \n}, … */
    static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isISOControl(c)) {
                line.append(c);
            } else if (c == '\n') {
                line.append("\\n");
            } else if (c == '\t') {
                line.append("\\t");
            } else {
                line.append("\\x");
                line.append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            }
        }
        return line.toString();
    }
}

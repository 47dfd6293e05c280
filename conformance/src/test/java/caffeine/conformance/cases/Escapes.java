package caffeine.conformance.cases;

/** The table's way to write bytes: {@code \r \n \t \0 \\ \xHH}, all else printable ASCII. */
public final class Escapes {

    private Escapes() {}

    /** The bytes as text, one character each. */
    public static String undo(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c < ' ' || c > '~') {
                throw new TableException("write character " + (int) c + " as an escape");
            }
            if (c != '\\') {
                out.append(c);
                continue;
            }
            switch (i < text.length() ? text.charAt(i++) : 0) {
                case 'r' -> out.append('\r');
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case '0' -> out.append('\0');
                case '\\' -> out.append('\\');
                case 'x' -> {
                    out.append(hex(text, i));
                    i += 2;
                }
                default -> throw new TableException("unknown escape in " + text);
            }
        }
        return out.toString();
    }

    private static char hex(String text, int at) {
        if (at + 2 > text.length()) {
            throw new TableException("unfinished escape in " + text);
        }
        String digits = text.substring(at, at + 2);
        try {
            return (char) Integer.parseInt(digits, 16);
        } catch (NumberFormatException e) {
            throw new TableException("no hex digits: " + digits);
        }
    }
}

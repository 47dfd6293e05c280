package caffeine.conformance.harness;

/** Bytes as a person can read them. */
public final class Text {

    private Text() {}

    /** The text in quotes, with everything that is not printable ASCII escaped. */
    public static String quote(String latin1) {
        StringBuilder out = new StringBuilder(latin1.length() + 2).append('\'');
        for (int i = 0; i < latin1.length(); i++) {
            char c = latin1.charAt(i);
            switch (c) {
                case '\r' -> out.append("\\r");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c >= ' ' && c <= '~') {
                        out.append(c);
                    } else {
                        out.append("\\x%02x".formatted((int) c));
                    }
                }
            }
        }
        return out.append('\'').toString();
    }
}

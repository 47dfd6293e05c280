package caffeine.fuzz;

import java.util.regex.Pattern;

/**
 * The grammars of the RFCs as regular expressions, each named as its rule is. They share nothing
 * with the parsers that they judge.
 */
final class Grammar {
    /** RFC 9110 §5.6.2. */
    static final String TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]++";

    /** RFC 9110 §5.6.3. */
    static final String OWS = "[ \\t]*+";

    /** Field-vchar, SP and HTAB, RFC 9110 §5.5. */
    static final String FIELD_TEXT = "[\\t -~\\x80-\\xff]*+";

    /** RFC 9112 §5. */
    static final Pattern FIELD_LINE = Pattern.compile(TOKEN + ":" + FIELD_TEXT);

    /** RFC 9112 §3 and §2.3; the target has more characters than RFC 3986 gives it. */
    static final Pattern REQUEST_LINE =
            Pattern.compile("(" + TOKEN + ") ([!-~&&[^#\"<>]]++) HTTP/1\\.([0-9])");

    /** RFC 3986 §3.3 and §3.4. */
    private static final String PCHAR = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})";

    /** RFC 9112 §3.2.1. */
    static final Pattern ORIGIN_FORM =
            Pattern.compile("(?:/" + PCHAR + "*+)++(?:\\?(?:" + PCHAR + "|[/?])*+)?+");

    /** What takes the place of pchar where RFC 3986 is not insisted on. */
    private static final String LOOSE_CHAR = "(?:[!-~&&[^#\"<>%?]]|%[0-9A-Fa-f]{2})";

    private static final String QUERY = "(?:\\?[!-~&&[^#\"<>]]*+)?+";

    static final Pattern LOOSE_ORIGIN_FORM = Pattern.compile("/" + LOOSE_CHAR + "*+" + QUERY);

    private static final String DEC_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[0-9])";
    static final String IPV4_ADDRESS = DEC_OCTET + "(?:\\." + DEC_OCTET + "){3}";
    private static final String H16 = "[0-9A-Fa-f]{1,4}";
    private static final String LS32 = "(?:" + H16 + ":" + H16 + "|" + IPV4_ADDRESS + ")";

    /** RFC 3986 §3.2.2, line by line. */
    static final String IPV6_ADDRESS =
            String.join(
                    "|",
                    "(?:(?:" + H16 + ":){6}" + LS32,
                    "::(?:" + H16 + ":){5}" + LS32,
                    "(?:" + H16 + ")?::(?:" + H16 + ":){4}" + LS32,
                    "(?:(?:" + H16 + ":){0,1}" + H16 + ")?::(?:" + H16 + ":){3}" + LS32,
                    "(?:(?:" + H16 + ":){0,2}" + H16 + ")?::(?:" + H16 + ":){2}" + LS32,
                    "(?:(?:" + H16 + ":){0,3}" + H16 + ")?::" + H16 + ":" + LS32,
                    "(?:(?:" + H16 + ":){0,4}" + H16 + ")?::" + LS32,
                    "(?:(?:" + H16 + ":){0,5}" + H16 + ")?::" + H16,
                    "(?:(?:" + H16 + ":){0,6}" + H16 + ")?::)");

    private static final String IPV_FUTURE = "[vV][0-9A-Fa-f]+\\.[A-Za-z0-9\\-._~!$&'()*+,;=:]+";
    private static final String REG_NAME = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*+";

    /** {@code uri-host [ ":" port ]}, RFC 9110 §7.2. */
    private static final String AUTHORITY =
            "(?:\\[(?:" + IPV6_ADDRESS + "|" + IPV_FUTURE + ")\\]|" + REG_NAME + ")(?::[0-9]*+)?+";

    static final Pattern HOST = Pattern.compile(AUTHORITY);

    /** RFC 9112 §3.2.2 with RFC 9110 §4.2.1. */
    static final Pattern ABSOLUTE_FORM =
            Pattern.compile(
                    "[hH][tT][tT][pP]://" + AUTHORITY + "(?:/" + LOOSE_CHAR + "*+)?+" + QUERY);

    private static final String LABEL = "[a-z][a-z0-9]{0,62}+";

    /** A Host that no rule anywhere objects to, nor one of the DNS. */
    static final Pattern PLAIN_HOST =
            Pattern.compile(LABEL + "(?:\\." + LABEL + "){0,2}+(?::[1-9][0-9]{0,3})?+");

    /** RFC 9112 §7.1.1, BWS included. */
    private static final String CHUNK_EXT =
            "(?:[ \\t]*+;[ \\t]*+"
                    + TOKEN
                    + "(?:[ \\t]*+=[ \\t]*+(?:"
                    + TOKEN
                    + "|\"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*+\"))?+)*+";

    /** {@code chunk-size [ chunk-ext ]}. */
    static final Pattern CHUNK_LINE = Pattern.compile("([0-9A-Fa-f]++)(" + CHUNK_EXT + ")");

    private Grammar() {}

    static boolean isFieldLine(String line) {
        return FIELD_LINE.matcher(line).matches();
    }

    /** The name of a field line. */
    static String name(String line) {
        return line.substring(0, line.indexOf(':'));
    }

    /** The value of a field line, without the whitespace around it. */
    static String value(String line) {
        return line.substring(line.indexOf(':') + 1).replaceAll("^[ \\t]+|[ \\t]+\\z", "");
    }
}

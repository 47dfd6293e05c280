package caffeine.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Percent-encoding, RFC 3986 §2.1. What is encoded are bytes, each a character (ISO-8859-1) here;
 * {@link #utf8} is the text that they stand for.
 */
public final class PercentEncoding {

    private PercentEncoding() {}

    /**
     * The bytes of an encoded text: each percent-triple decoded, once, and everything else kept.
     *
     * @throws HttpException 400 for a percent sign without two hexadecimal digits
     */
    public static String decoded(String text) {
        int percent = text.indexOf('%');
        if (percent < 0) {
            return text;
        }
        StringBuilder octets = new StringBuilder(text.length());
        int from = 0;
        for (; percent >= 0; percent = text.indexOf('%', from)) {
            octets.append(text, from, percent).append(octet(text, percent));
            from = percent + 3;
        }
        return octets.append(text, from, text.length()).toString();
    }

    /**
     * These bytes as text.
     *
     * @param section the rule that demands UTF-8, such as {@code "RFC 3986 §2.5"}
     * @param what that the bytes are, such as {@code "a path"}
     * @throws HttpException 400 when they are not in UTF-8
     */
    public static String utf8(String octets, String section, String what) {
        byte[] bytes = octets.getBytes(StandardCharsets.ISO_8859_1);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            throw new HttpException(400, section, what + " that is not in UTF-8");
        }
    }

    private static char octet(String text, int percent) {
        int high = hexValue(text, percent + 1);
        int low = hexValue(text, percent + 2);
        if (high < 0 || low < 0) {
            throw new HttpException(400, "RFC 3986 §2.1", "a percent sign without two digits");
        }
        return (char) (high << 4 | low);
    }

    private static int hexValue(String text, int at) {
        boolean isAscii = at < text.length() && text.charAt(at) <= 0x7F;
        return isAscii ? Syntax.hexValue((byte) text.charAt(at)) : -1;
    }
}

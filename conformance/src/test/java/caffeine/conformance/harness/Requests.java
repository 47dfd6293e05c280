package caffeine.conformance.harness;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Requests as text, one byte for each character. */
public final class Requests {

    private static final String HOST = "Host: conformance.test";

    private Requests() {}

    public static String get(String target, String... fieldLines) {
        return head("GET", target, fieldLines);
    }

    /** A request without content. */
    public static String head(String method, String target, String... fieldLines) {
        String lines = fieldLines.length == 0 ? "" : "\r\n" + String.join("\r\n", fieldLines);
        return method + " " + target + " HTTP/1.1\r\n" + HOST + lines + "\r\n\r\n";
    }

    /** A POST with its length. */
    public static String post(String target, String content, String... fieldLines) {
        return announce(target, content.length(), fieldLines) + content;
    }

    /** The head of a POST whose content of this many bytes is still to come. */
    public static String announce(String target, long contentBytes, String... fieldLines) {
        String[] lines = new String[fieldLines.length + 1];
        System.arraycopy(fieldLines, 0, lines, 0, fieldLines.length);
        lines[fieldLines.length] = "Content-Length: " + contentBytes;
        return head("POST", target, lines);
    }

    /** A chunked POST, a chunk for each piece. */
    public static String chunked(String target, String... pieces) {
        StringBuilder out = new StringBuilder(head("POST", target, "Transfer-Encoding: chunked"));
        for (String piece : pieces) {
            out.append(Integer.toHexString(piece.length()).toUpperCase(Locale.ROOT));
            out.append("\r\n").append(piece).append("\r\n");
        }
        return out.append("0\r\n\r\n").toString();
    }

    public static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }
}

package caffeine.server.file;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * File names and addresses as text for a log: visible ASCII and spaces as they are, a backslash
 * doubled, every other byte as {@code \xHH}, so that no name can forge a log line.
 */
public final class Printable {
    private static final HexFormat HEX = HexFormat.of();

    private Printable() {}

    /** A name as text. */
    public static String of(byte[] name) {
        StringBuilder text = new StringBuilder(name.length);
        for (byte b : name) {
            if (b == '\\') {
                text.append("\\\\");
            } else if (b >= ' ' && b < 0x7f) {
                text.append((char) b);
            } else {
                text.append("\\x").append(HEX.toHexDigits(b));
            }
        }
        return text.toString();
    }

    /** As {@link #of(byte[])}, for a string from the wire (ISO 8859-1). */
    public static String of(String latin1) {
        return of(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }
}

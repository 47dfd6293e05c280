package caffeine.http.h1;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HopByHop;
import caffeine.http.HttpDate;
import caffeine.http.OutputBuffer;
import caffeine.http.ResponseHead;
import caffeine.http.Status;

import java.nio.charset.StandardCharsets;

/**
 * Writes the head of a response, RFC 9112 §4 to §6 and §9. The author's fields are written as they
 * are, in their order, except those that the server decides: message framing comes from {@link
 * ResponseFraming} alone, persistence from the connection, and there is exactly one Date. Of
 * another field that a response {@linkplain Fields#isSingleton has once} the last line goes out. A
 * line cannot be split here: neither {@link FieldList} nor {@link ResponseHead} takes a control
 * character.
 */
public final class HeadEncoder {
    private static final byte[] CONTINUE = ascii("HTTP/1.1 100 Continue\r\n\r\n");
    private static final byte[] VERSION = ascii("HTTP/1.1 ");
    private static final byte[] DATE = ascii("Date: ");
    private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
    private static final byte[] UPGRADE = ascii("Connection: upgrade\r\n");
    private static final byte[] UPGRADE_AND_CLOSE = ascii("Connection: upgrade, close\r\n");

    private HeadEncoder() {}

    /** Writes the interim response 100 (Continue), RFC 9110 §15.2.1. */
    public static void encodeInterim(OutputBuffer out) {
        out.put(CONTINUE);
    }

    /**
     * Writes a head with the empty line that ends it. It allocates nothing.
     *
     * @param out where to
     * @param head what the author of the response says
     * @param framing where its content will end
     * @param close whether the connection closes behind the response; this is also stated when the
     *     framing {@linkplain ResponseFraming#endsConnection needs it}
     * @param requestMinor the minor version of the request: 1.0 has persistence confirmed (RFC 9112
     *     §C.2.2)
     * @param date the current date, used unless the author gave a valid one; see {@link
     *     HttpDate.Cache}
     */
    public static void encode(
            OutputBuffer out,
            ResponseHead head,
            ResponseFraming framing,
            boolean close,
            int requestMinor,
            byte[] date) {
        putStatusLine(out, head);
        boolean upgrades = putFields(out, head, date);
        putFraming(out, framing);
        putConnection(out, close || framing.endsConnection(), requestMinor, upgrades);
        out.putLineEnd();
    }

    private static void putStatusLine(OutputBuffer out, ResponseHead head) {
        String reason = head.reason();
        if (reason == null) {
            out.put(Status.line(head.status()));
            return;
        }
        out.put(VERSION);
        out.putDecimal(head.status());
        out.put(' ');
        out.putLatin1(reason);
        out.putLineEnd();
    }

    /** Writes the author's fields and the date; returns whether Upgrade is among them. */
    private static boolean putFields(OutputBuffer out, ResponseHead head, byte[] date) {
        FieldList fields = head.fields();
        boolean dated = false;
        boolean upgrades = false;
        for (int i = 0; i < fields.size(); i++) {
            String name = fields.name(i);
            String value = fields.value(i);
            if (name.equalsIgnoreCase("Date")) {
                if (dated || HttpDate.parse(value).isEmpty()) {
                    continue;
                }
                dated = true;
            } else if (name.equalsIgnoreCase("Upgrade") && mayUpgrade(head.status())) {
                upgrades = true;
            } else if (HopByHop.contains(name) || name.equalsIgnoreCase("Content-Length")) {
                continue;
            } else if (Fields.isSingleton(name) && fields.indexOf(name, i + 1) >= 0) {
                continue;
            }
            putField(out, name, value);
        }
        if (!dated) {
            out.put(DATE);
            out.put(date);
            out.putLineEnd();
        }
        return upgrades;
    }

    private static void putField(OutputBuffer out, String name, String value) {
        out.putLatin1(name);
        out.put(':');
        out.put(' ');
        out.putLatin1(value);
        out.putLineEnd();
    }

    /**
     * Upgrade concerns this connection, and only these two statuses use it: RFC 9110 §7.8,
     * §15.5.22.
     */
    private static boolean mayUpgrade(int status) {
        return status == 101 || status == 426;
    }

    private static void putFraming(OutputBuffer out, ResponseFraming framing) {
        if (framing.kind() == ResponseFraming.Kind.CHUNKED) {
            out.put(CHUNKED);
        } else if (framing.length() >= 0) {
            out.put(CONTENT_LENGTH);
            out.putDecimal(framing.length());
            out.putLineEnd();
        }
    }

    private static void putConnection(
            OutputBuffer out, boolean close, int requestMinor, boolean upgrades) {
        if (upgrades) {
            out.put(close ? UPGRADE_AND_CLOSE : UPGRADE);
        } else if (close) {
            out.put(CLOSE);
        } else if (requestMinor == 0) {
            out.put(KEEP_ALIVE);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}

package caffeine.http.form;

import caffeine.http.FieldList;
import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.PercentEncoding;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * The head of a part of multipart/form-data, RFC 7578 §4.
 *
 * @param name of the form's field
 * @param fileName the last component of the name that the client gave, without control characters;
 *     {@code ""} when nothing is left, or when the user chose no file; null for a field that is no
 *     file. It may be any text, so it is to be shown, and no name to store a file under
 * @param contentType as sent; {@code text/plain} without one (RFC 7578 §4.4)
 * @param fields all field lines. Content-Transfer-Encoding has no effect (RFC 7578 §4.7)
 */
public record Part(String name, @Nullable String fileName, String contentType, Fields fields) {

    private static final String DISPOSITION = "Content-Disposition";

    /**
     * Reads a head.
     *
     * @param head field lines with their line ends, a character for each byte
     */
    static Part of(String head) {
        Fields fields = fields(head);
        List<String> dispositions = fields.all(DISPOSITION);
        ParameterizedValue disposition =
                dispositions.size() == 1 ? ParameterizedValue.of(dispositions.getFirst()) : null;
        if (disposition == null || !disposition.value().equals("form-data")) {
            throw invalid("RFC 7578 §4.2", "a part without one valid " + DISPOSITION);
        }
        String name = disposition.parameter("name");
        if (name == null) {
            throw invalid("RFC 7578 §4.2", "a part without a name");
        }
        String fileName = disposition.parameter("filename");
        String type = fields.first("Content-Type");
        return new Part(
                text(name),
                fileName == null ? null : lastComponent(text(fileName)),
                type == null ? "text/plain" : type,
                fields);
    }

    /** RFC 5322 §2.2, without folded lines (§2.2.3), which no client of HTTP sends. */
    private static Fields fields(String head) {
        FieldList fields = new FieldList();
        for (int start = 0, end; start < head.length(); start = end + 2) {
            end = head.indexOf("\r\n", start);
            int colon = head.indexOf(':', start, end);
            String name = colon < 0 ? "" : head.substring(start, colon);
            String value = head.substring(colon + 1, end);
            if (!Syntax.isToken(name) || !Syntax.isFieldValue(value)) {
                throw invalid("RFC 5322 §2.2", "an invalid field line of a part");
            }
            fields.add(name, value);
        }
        return fields;
    }

    /**
     * The text of a parameter. Browsers write a quote, CR and LF as {@code %22}, {@code %0D} and
     * {@code %0A}, and everything else as it is, also a percent sign and a backslash (HTML
     * §4.10.21.8). Other clients put a backslash before a quote and a backslash, as RFC 2045 §5.1
     * says. Both are undone, so {@code C:\new} stays what it is.
     */
    private static String text(String sent) {
        StringBuilder octets = new StringBuilder(sent.length());
        for (int i = 0; i < sent.length(); i++) {
            char c = sent.charAt(i);
            if (c == '\\' && (sent.startsWith("\"", i + 1) || sent.startsWith("\\", i + 1))) {
                c = sent.charAt(++i);
            } else if (escaped(sent, i) >= 0) {
                c = (char) escaped(sent, i);
                i += 2;
            }
            octets.append(c);
        }
        return PercentEncoding.utf8(octets.toString(), "RFC 7578 §5.1", "a name");
    }

    private static int escaped(String sent, int at) {
        if (sent.startsWith("%22", at)) {
            return '"';
        }
        return sent.startsWith("%0D", at) ? '\r' : sent.startsWith("%0A", at) ? '\n' : -1;
    }

    /** RFC 7578 §4.2: a path must not take effect, with the separators of any system. */
    private static String lastComponent(String path) {
        StringBuilder plain = new StringBuilder(path.length());
        path.codePoints().filter(c -> !Character.isISOControl(c)).forEach(plain::appendCodePoint);
        int separator = Math.max(plain.lastIndexOf("/"), plain.lastIndexOf("\\"));
        String last = plain.substring(separator + 1);
        return last.equals(".") || last.equals("..") ? "" : last;
    }

    private static HttpException invalid(String section, String detail) {
        return new HttpException(400, section, detail);
    }
}

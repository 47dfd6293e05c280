package caffeine.conformance.harness;

import caffeine.conformance.harness.Mismatch.Gone;
import caffeine.conformance.harness.Response.Field;
import caffeine.conformance.harness.Wire.End;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads responses off a wire as a strict client does (RFC 9112 §6.3), and complains about each one
 * that is not well-formed, asked or not.
 */
public final class ResponseReader {

    private static final Pattern STATUS_LINE =
            Pattern.compile("HTTP/(1\\.[01]) ([1-9]\\d\\d) ([\\t -~\\x80-\\xff]*)");
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+\\-.^_`|~0-9A-Za-z]+");
    private static final Pattern VALUE = Pattern.compile("[\\t -~\\x80-\\xff]*");
    private static final Pattern CHUNK_SIZE =
            Pattern.compile("([0-9A-Fa-f]{1,15})(;[\\t -~\\x80-\\xff]*)?");
    private static final Pattern DATE =
            Pattern.compile(
                    "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3]\\d"
                            + " (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \\d{4}"
                            + " [0-2]\\d:[0-5]\\d:[0-6]\\d GMT");

    private ResponseReader() {}

    /**
     * Reads one response.
     *
     * @param endsWithHead whether this response, judged by its head, has no content: it answers
     *     HEAD
     * @throws Gone when the connection ended before its first byte
     * @throws Mismatch when it is malformed, or not complete in time
     */
    public static Response read(Wire wire, Predicate<Response> endsWithHead) {
        Response head = readHead(wire);
        return readContent(wire, head, endsWithHead.test(head));
    }

    static Response readHead(Wire wire) {
        while (wire.available() == 0 && wire.pull(wire.leftNs())) {}
        if (wire.available() == 0) {
            switch (wire.end()) {
                case OPEN -> throw new Mismatch("no response in time, connection still open");
                case CLOSED -> throw new Gone("closed without response");
                case RESET -> throw new Gone("connection reset without response");
            }
        }
        String line = wire.line("status line");
        Matcher matcher = STATUS_LINE.matcher(line);
        if (!matcher.matches()) {
            throw new Mismatch("malformed status line " + Text.quote(line));
        }
        int status = Integer.parseInt(matcher.group(2));
        List<Field> fields = readFields(wire, "field section");
        Response head = new Response(matcher.group(1), status, matcher.group(3), fields, "", false);
        checkFraming(head);
        checkFields(head);
        return head;
    }

    private static List<Field> readFields(Wire wire, String what) {
        List<Field> fields = new ArrayList<>();
        while (true) {
            String line = wire.line(what);
            if (line.isEmpty()) {
                return fields;
            }
            int colon = line.indexOf(':');
            if (colon < 0
                    || !TOKEN.matcher(line.substring(0, colon)).matches()
                    || !VALUE.matcher(line.substring(colon + 1)).matches()) {
                throw new Mismatch(what + ": malformed field line " + Text.quote(line));
            }
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            fields.add(new Field(name, line.substring(colon + 1).strip()));
        }
    }

    private static void checkFraming(Response r) {
        List<String> lengths = r.all("Content-Length");
        List<String> codings = r.all("Transfer-Encoding");
        if (lengths.size() > 1 || !lengths.stream().allMatch(l -> l.matches("\\d+"))) {
            throw malformed(r, "Content-Length " + lengths);
        }
        if (!lengths.isEmpty() && !codings.isEmpty()) {
            throw malformed(r, "Content-Length and Transfer-Encoding");
        }
        boolean chunkedOnly = codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked");
        if (!codings.isEmpty() && (!chunkedOnly || r.version().equals("1.0"))) {
            throw malformed(r, "Transfer-Encoding " + codings + " in HTTP/" + r.version());
        }
        boolean framed = !lengths.isEmpty() || !codings.isEmpty();
        if (framed && (r.status() < 200 || r.status() == 204)) {
            throw malformed(
                    r,
                    "message framing in a response that has no content"
                            + " (RFC 9110 §8.6, RFC 9112 §6.1)");
        }
    }

    private static void checkFields(Response r) {
        List<String> dates = r.all("Date");
        boolean due = r.status() >= 200 && r.status() < 500;
        if (dates.size() > 1
                || !dates.stream().allMatch(d -> DATE.matcher(d).matches())
                || (dates.isEmpty() && due)) {
            throw malformed(r, "Date " + dates + " (RFC 9110 §6.6.1)");
        }
        if (r.status() == 405 && r.all("Allow").isEmpty()) {
            throw malformed(r, "405 without Allow (RFC 9110 §15.5.6)");
        }
    }

    static Response readContent(Wire wire, Response head, boolean endsWithHead) {
        int status = head.status();
        if (endsWithHead || status < 200 || status == 204 || status == 304) {
            return head;
        }
        if (!head.all("Transfer-Encoding").isEmpty()) {
            return head.withContent(readChunks(wire), false);
        }
        if (!head.all("Content-Length").isEmpty()) {
            int need = Integer.parseInt(head.field("Content-Length"));
            wire.want(() -> wire.available() >= need, "content of " + need + " bytes");
            return head.withContent(wire.takeText(need), false);
        }
        while (wire.end() == End.OPEN) {
            if (!wire.pull(wire.leftNs()) && wire.end() == End.OPEN) {
                throw new Mismatch("content that only the close ends, and no close in time");
            }
        }
        if (wire.end() == End.RESET) {
            throw new Mismatch("reset inside content that only the close ends");
        }
        return head.withContent(wire.takeText(wire.available()), true);
    }

    private static String readChunks(Wire wire) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        while (true) {
            String line = wire.line("chunk size");
            Matcher size = CHUNK_SIZE.matcher(line);
            if (!size.matches()) {
                throw new Mismatch("malformed chunk size " + Text.quote(line));
            }
            int length = Integer.parseInt(size.group(1), 16);
            if (length == 0) {
                readFields(wire, "trailer section");
                return content.toString(StandardCharsets.ISO_8859_1);
            }
            wire.want(() -> wire.available() >= length + 2, "chunk data");
            byte[] data = wire.take(length + 2);
            if (data[length] != '\r' || data[length + 1] != '\n') {
                throw new Mismatch("chunk data without CRLF after it");
            }
            content.write(data, 0, length);
        }
    }

    private static Mismatch malformed(Response r, String problem) {
        return new Mismatch(r.status() + " malformed: " + problem);
    }
}

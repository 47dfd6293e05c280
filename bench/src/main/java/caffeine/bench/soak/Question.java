package caffeine.bench.soak;

import caffeine.bench.client.Answers.Answer;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** A request and the only answer that it may get. */
final class Question {
    private final Kind kind;
    private final String head;
    private final byte[] body;
    private final String statusLine;
    private final List<String> fields;
    private final byte[] content;
    private final boolean closes;

    /**
     * A request.
     *
     * @param kind what is asked
     * @param head the request up to its empty line
     * @param body the content in its framing
     * @param statusLine of the answer
     * @param fields field lines of the answer, in alphabetical order, without Date
     * @param content of the answer
     * @param closes whether the connection must end with it; otherwise it may
     */
    Question(
            Kind kind,
            String head,
            byte[] body,
            String statusLine,
            List<String> fields,
            byte[] content,
            boolean closes) {
        this.kind = kind;
        this.head = head;
        this.body = body;
        this.statusLine = statusLine;
        this.fields = fields;
        this.content = content;
        this.closes = closes;
    }

    Kind kind() {
        return kind;
    }

    String head() {
        return head;
    }

    /** What is asked, for counting. */
    enum Kind {
        HELLO("hello"),
        CGI("CGI, no content"),
        CGI_LENGTH("CGI, Content-Length"),
        CGI_CHUNKED("CGI, chunked"),
        CGI_SHELL("CGI, shell script"),
        CGI_PYTHON("CGI, Python, Content-Length"),
        DIRECT("direct, no content"),
        DIRECT_LENGTH("direct, Content-Length"),
        DIRECT_CHUNKED("direct, chunked"),
        DIRECT_SHELL("direct, shell script"),
        MISSING("404"),
        REFUSED("400");

        final String label;

        Kind(String label) {
            this.label = label;
        }

        /** Whether the script writes to the client itself. */
        boolean isDirect() {
            return name().startsWith("DIRECT");
        }
    }

    /** The request as it goes out. */
    byte[] bytes() {
        byte[] start = latin1(head);
        byte[] all = Arrays.copyOf(start, start.length + body.length);
        System.arraycopy(body, 0, all, start.length, body.length);
        return all;
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Content in chunks of at most that size. */
    static byte[] chunked(byte[] content, int atMost) {
        ByteArrayOutputStream framed = new ByteArrayOutputStream(content.length + 64);
        for (int from = 0; from < content.length; from += atMost) {
            int size = Math.min(atMost, content.length - from);
            framed.writeBytes(latin1(Integer.toHexString(size) + "\r\n"));
            framed.write(content, from, size);
            framed.writeBytes(latin1("\r\n"));
        }
        framed.writeBytes(latin1("0\r\n\r\n"));
        return framed.toByteArray();
    }

    /** A sink that compares the content of the answer, byte for byte, as it comes. */
    Comparison comparison() {
        return new Comparison(content);
    }

    /**
     * Compares all of an answer.
     *
     * @throws SoakFailure with what is wrong about it
     */
    void check(Answer answer, Comparison compared) throws SoakFailure {
        if (!answer.statusLine().equals(statusLine)) {
            throw new SoakFailure(
                    "%s was answered \"%s\" instead of \"%s\""
                            .formatted(firstLine(), answer.statusLine(), statusLine));
        }
        List<String> own = new ArrayList<>(answer.fields());
        int dates = (int) own.stream().filter(Question::isDate).count();
        own.removeIf(Question::isDate);
        if (!closes) {
            // Before it ends, a worker that is replaced says so in this line.
            own.remove("Connection: close");
        }
        own.sort(String.CASE_INSENSITIVE_ORDER);
        if (!own.equals(fields) || dates != (kind.isDirect() ? 0 : 1)) {
            throw new SoakFailure(
                    "%s was answered with the field lines %s instead of %s and a Date"
                            .formatted(firstLine(), answer.fields(), fields));
        }
        if (compared.wrongAt >= 0 || compared.at != content.length) {
            throw new SoakFailure(
                    "%s was answered with a wrong byte: %s"
                            .formatted(firstLine(), compared.what()));
        }
    }

    /** The request line. */
    String firstLine() {
        return head.substring(0, head.indexOf('\r'));
    }

    private static boolean isDate(String line) {
        return line.toLowerCase(Locale.ROOT)
                .matches("date: [a-z]{3}, \\d\\d [a-z]{3} \\d{4} \\d\\d:\\d\\d:\\d\\d gmt");
    }

    /** Compares content. */
    static final class Comparison extends OutputStream {
        private final byte[] expected;
        private long at;
        private long wrongAt = -1;
        private long pauseNs;

        private Comparison(byte[] expected) {
            this.expected = expected;
        }

        /** A client that takes this long over each piece. */
        Comparison slow(long ns) {
            pauseNs = ns;
            return this;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            if (wrongAt < 0) {
                int start = (int) Math.min(at, expected.length);
                int end = (int) Math.min(at + length, expected.length);
                int different = Arrays.mismatch(expected, start, end, bytes, from, from + length);
                wrongAt = different < 0 ? -1 : at + different;
            }
            at += length;
            if (pauseNs > 0) {
                LockSupport.parkNanos(pauseNs);
            }
        }

        String what() {
            return wrongAt < 0 || wrongAt == expected.length
                    ? "%d bytes instead of %d".formatted(at, expected.length)
                    : "the first difference at byte %d of %d".formatted(wrongAt, expected.length);
        }
    }
}

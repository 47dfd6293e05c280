package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.h1.BodyDecoder;
import caffeine.http.h1.HeadParser;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.regex.Matcher;

/** A body in the chunked transfer coding, and what follows it. */
class BodyDecoderFuzzTest {
    private static final Limits SMALL = new Limits(200, 100, 4, 100, 12);

    /** So wide that only the grammar decides. */
    private static final Limits WIDE =
            new Limits(8192, 1 << 20, 1 << 20, Long.MAX_VALUE, Limits.LARGEST_HEAD_LIMIT);

    private static final int MOST_SIZE_DIGITS = 32;

    private final RequestHead head = chunkedRequest();

    /** What came of a body; without a content when it was refused or is not complete. */
    private record Outcome(String what, @Nullable String content, int end) {}

    @FuzzTest
    void chunked(byte[] data) {
        for (Limits limits : new Limits[] {WIDE, Limits.DEFAULTS, SMALL}) {
            Outcome whole = decode(data, limits, new int[0]);
            for (int[] cuts : Pieces.ways(data)) {
                requireEqual(whole, decode(data, limits, cuts), Arrays.toString(cuts));
            }
            Outcome expected = read(Pieces.latin1(data));
            if (limits.equals(WIDE) || whole.content() != null) {
                require(
                        (expected == null ? whole.content() == null : expected.equals(whole)),
                        "by the grammar " + expected + "\n  decoded " + whole);
            }
        }
    }

    private Outcome decode(byte[] data, Limits limits, int[] cuts) {
        BodyDecoder decoder = new BodyDecoder();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try {
            decoder.start(head.contentLength(), limits);
            int end =
                    Pieces.feed(
                            data,
                            0,
                            cuts,
                            new Pieces.Reader() {
                                @Override
                                public int read(byte[] b, int from, int to) {
                                    return decoder.decode(
                                            b,
                                            from,
                                            to,
                                            (c, start, end) ->
                                                    content.write(c, start, end - start));
                                }

                                @Override
                                public boolean isComplete() {
                                    return decoder.isComplete();
                                }
                            });
            String text = Pieces.latin1(content.toByteArray());
            requireEqual((long) text.length(), decoder.contentBytes(), "content");
            require(text.length() <= limits.contentBytes(), "more content than the limit");
            return decoder.isComplete()
                    ? new Outcome("complete", text, end)
                    : new Outcome("unfinished: " + text, null, end);
        } catch (HttpException e) {
            return new Outcome(e.status() + " " + e.section(), null, 0);
        }
    }

    /** RFC 9112 §7.1, read plainly; null when the text does not begin with a whole body. */
    private static @Nullable Outcome read(String text) {
        StringBuilder content = new StringBuilder();
        int at = 0;
        while (true) {
            int lineEnd = text.indexOf("\r\n", at);
            if (lineEnd < 0) {
                return null;
            }
            Matcher line = Grammar.CHUNK_LINE.matcher(text.substring(at, lineEnd));
            if (!line.matches() || line.group(1).length() > MOST_SIZE_DIGITS) {
                return null;
            }
            String digits = line.group(1).replaceFirst("^0+", "");
            if (digits.length() > 7) {
                return null;
            }
            int size = digits.isEmpty() ? 0 : Integer.parseInt(digits, 16);
            at = lineEnd + 2;
            if (size == 0) {
                int end = trailerEnd(text, at);
                return end < 0 ? null : new Outcome("complete", content.toString(), end);
            }
            if (!text.startsWith("\r\n", at + size)) {
                return null;
            }
            content.append(text, at, at + size);
            at += size + 2;
        }
    }

    private static int trailerEnd(String text, int from) {
        int at = from;
        while (!text.startsWith("\r\n", at)) {
            int lineEnd = text.indexOf("\r\n", at);
            if (lineEnd < 0 || !Grammar.isFieldLine(text.substring(at, lineEnd))) {
                return -1;
            }
            at = lineEnd + 2;
        }
        return at + 2;
    }

    private static RequestHead chunkedRequest() {
        HeadParser parser = new HeadParser(Limits.DEFAULTS);
        byte[] b = Pieces.bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        parser.parse(b, 0, b.length);
        return parser.head();
    }
}

package caffeine.http.h1;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Feeds a sample to a parser whole, byte by byte, and cut in two at every place. */
final class Feeding {
    /** Longer samples are cut at some places only. */
    private static final int CUT_EVERYWHERE = 700;

    private Feeding() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The ways to cut so many bytes: each an ascending list of places, without 0 and the end. */
    static List<int[]> cuts(int length) {
        List<int[]> cuts = new ArrayList<>();
        cuts.add(new int[0]);
        int[] everywhere = new int[Math.max(0, length - 1)];
        Arrays.setAll(everywhere, i -> i + 1);
        cuts.add(everywhere);
        int step = Math.max(1, length / CUT_EVERYWHERE);
        for (int at = 1; at < length; at += step) {
            cuts.add(new int[] {at});
        }
        return cuts;
    }

    /** Some places to cut so many bytes, ascending. */
    static int[] randomCuts(RandomGenerator random, int length) {
        if (length == 0) {
            return new int[0];
        }
        return random.ints(random.nextInt(8), 0, length).sorted().distinct().toArray();
    }

    /** Takes one piece of a sample; says how much of it was consumed, and whether that is all. */
    interface Eater {
        int eat(byte[] b, int from, int to);

        boolean isSated();
    }

    /**
     * Feeds the sample in pieces, each in an array of its own that is overwritten afterwards, and
     * returns how many bytes were consumed.
     */
    static int feed(byte[] sample, int[] cuts, Eater eater) {
        int at = 0;
        for (int i = 0; i <= cuts.length && !eater.isSated(); i++) {
            int end = i < cuts.length ? cuts[i] : sample.length;
            // Something lies around the piece, which must neither be read nor matter.
            byte[] b = new byte[end - at + 7];
            Arrays.fill(b, (byte) 'x');
            System.arraycopy(sample, at, b, 3, end - at);
            int consumed = eater.eat(b, 3, 3 + end - at) - 3;
            Arrays.fill(b, (byte) '\n');
            if (consumed < end - at && !eater.isSated()) {
                throw new AssertionError("left bytes, but wants more");
            }
            at += consumed;
        }
        return at;
    }

    /** What became of a head: an equal outcome is an equal answer. */
    sealed interface Outcome {}

    /** A violation. */
    record Refused(int status, String section) implements Outcome {
        Refused(HttpException e) {
            this(e.status(), e.section());
        }
    }

    /** Input that ended within the head. */
    record Unfinished(boolean started) implements Outcome {}

    /** A request, with everything that can be asked of it. */
    record Accepted(
            int consumed,
            String method,
            Target target,
            int minorVersion,
            List<Line> lines,
            long contentLength,
            boolean persistent,
            RequestHead.Expectation expectation,
            String host,
            int port)
            implements Outcome {

        Accepted(int consumed, RequestHead head) {
            this(
                    consumed,
                    head.method(),
                    new Target(head),
                    head.minorVersion(),
                    lines(head.fields()),
                    head.contentLength(),
                    head.persistent(),
                    head.expectation(),
                    head.host(),
                    head.port());
        }

        private static List<Line> lines(Fields fields) {
            List<Line> lines = new ArrayList<>();
            for (int i = 0; i < fields.size(); i++) {
                lines.add(new Line(fields.name(i), fields.value(i)));
            }
            return lines;
        }

        /** The values of the lines with that name. */
        List<String> values(String name) {
            return lines.stream().filter(l -> l.name.equals(name)).map(Line::value).toList();
        }
    }

    /** A field line. */
    record Line(String name, String value) {}

    /** A request target. */
    record Target(
            RequestTarget.Form form,
            String text,
            String rawPath,
            @Nullable String rawQuery,
            @Nullable String host,
            int port) {

        Target(RequestHead head) {
            this(
                    head.target().form(),
                    head.target().text(),
                    head.target().rawPath(),
                    head.target().rawQuery(),
                    head.target().host(),
                    head.target().port());
        }
    }

    /** What the parser makes of the sample, cut like that. */
    static Outcome parse(HeadParser parser, byte[] sample, int[] cuts) {
        parser.reset();
        try {
            int consumed = feed(sample, cuts, eater(parser));
            return parser.isComplete()
                    ? new Accepted(consumed, parser.head())
                    : new Unfinished(parser.isStarted());
        } catch (HttpException e) {
            return new Refused(e);
        }
    }

    /** What the parser makes of the sample, which is the same however it is cut. */
    static Outcome parse(Limits limits, String sample) {
        HeadParser parser = new HeadParser(limits);
        byte[] b = bytes(sample);
        Outcome whole = parse(parser, b, new int[0]);
        for (int[] cuts : cuts(b.length)) {
            Outcome other = parse(parser, b, cuts);
            if (!other.equals(whole)) {
                throw new AssertionError(
                        "cut at %s: %s%nwhole: %s".formatted(Arrays.toString(cuts), other, whole));
            }
        }
        return whole;
    }

    private static Eater eater(HeadParser parser) {
        return new Eater() {
            @Override
            public int eat(byte[] b, int from, int to) {
                return parser.parse(b, from, to);
            }

            @Override
            public boolean isSated() {
                return parser.isComplete();
            }
        };
    }

    /** The request that the sample is. */
    static Accepted accepted(String sample) {
        return accepted(Limits.DEFAULTS, sample);
    }

    static Accepted accepted(Limits limits, String sample) {
        Outcome outcome = parse(limits, sample);
        if (outcome instanceof Accepted accepted) {
            return accepted;
        }
        throw new AssertionError(outcome);
    }

    /** The answer to a sample that is no request, such as {@code "400 RFC 9112 §3"}. */
    static String refused(String sample) {
        return refused(Limits.DEFAULTS, sample);
    }

    static String refused(Limits limits, String sample) {
        Outcome outcome = parse(limits, sample);
        if (outcome instanceof Refused(int status, String section)) {
            return status + " " + section;
        }
        throw new AssertionError(outcome);
    }

    /** The head of a GET with these lines beside Host. */
    static String get(String... lines) {
        return head("GET / HTTP/1.1", lines);
    }

    /** A head with these lines beside Host. */
    static String head(String requestLine, String... lines) {
        StringBuilder text = new StringBuilder(requestLine).append("\r\nHost: x.test\r\n");
        for (String line : lines) {
            text.append(line).append("\r\n");
        }
        return text.append("\r\n").toString();
    }
}

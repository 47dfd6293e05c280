package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.HttpException;
import caffeine.http.Limits;
import caffeine.http.RequestHead;
import caffeine.http.RequestHead.Expectation;
import caffeine.http.RequestTarget.Form;
import caffeine.http.h1.BodyDecoder;
import caffeine.http.h1.HeadParser;

import com.code_intelligence.jazzer.junit.FuzzTest;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;

/** One request after the other, as they come on a connection. */
class HeadParserFuzzTest {
    /** Small enough to be reached. */
    private static final Limits SMALL = new Limits(200, 400, 10, 2000, 20);

    @FuzzTest
    void requests(byte[] data) {
        for (Limits limits : List.of(Limits.DEFAULTS, SMALL)) {
            List<String> whole = new Stream(data, limits, true).outcome(new int[0]);
            for (int[] cuts : Pieces.ways(data)) {
                List<String> pieces = new Stream(data, limits, false).outcome(cuts);
                requireEqual(whole, pieces, "cut at " + Arrays.toString(cuts));
            }
        }
    }

    /** Reads requests, content included, until one is refused or the bytes end. */
    private static final class Stream implements Pieces.Reader {
        private final byte[] data;
        private final Limits limits;
        private final boolean judging;
        private final HeadParser parser;
        private final BodyDecoder decoder = new BodyDecoder();
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();
        private final List<String> outcome = new ArrayList<>();

        /** Where the request begins, and how much has been read. */
        private int start;

        private int read;
        private boolean inBody;

        Stream(byte[] data, Limits limits, boolean judging) {
            this.data = data;
            this.limits = limits;
            this.judging = judging;
            parser = new HeadParser(limits);
        }

        List<String> outcome(int[] cuts) {
            try {
                requireEqual(data.length, Pieces.feed(data, 0, cuts, this), "the end");
                String inside =
                        inBody
                                ? Pieces.latin1(content.toByteArray())
                                : "head, " + parser.isStarted();
                outcome.add("unfinished: " + inside);
            } catch (HttpException e) {
                outcome.add(e.status() + " " + e.section());
                if (judging && !inBody && limits.equals(Limits.DEFAULTS)) {
                    require(!RequestJudge.isPlain(rest()), "a plain request was refused: " + e);
                }
            }
            return outcome;
        }

        private String rest() {
            return Pieces.latin1(Arrays.copyOfRange(data, start, data.length));
        }

        @Override
        public boolean isComplete() {
            return false;
        }

        @Override
        public int read(byte[] b, int from, int to) {
            int at = from;
            while (at < to) {
                int stopped =
                        inBody
                                ? decoder.decode(b, at, to, (c, i, k) -> content.write(c, i, k - i))
                                : parser.parse(b, at, to);
                require(stopped >= at && stopped <= to, "stopped at " + stopped);
                boolean complete = inBody ? decoder.isComplete() : parser.isComplete();
                require(complete || stopped == to, "left bytes, but wants more");
                read += stopped - at;
                at = stopped;
                if (complete) {
                    next();
                }
            }
            return at;
        }

        private void next() {
            if (!inBody) {
                if (judging) {
                    String text = Pieces.latin1(Arrays.copyOfRange(data, start, read));
                    new RequestJudge(text, parser.head()).judge();
                }
                outcome.add(read + " " + describe(parser.head()));
                inBody = true;
                decoder.start(parser.head().contentLength(), limits);
            }
            if (decoder.isComplete()) {
                require(content.size() <= limits.contentBytes(), "more content than the limit");
                requireEqual((long) content.size(), decoder.contentBytes(), "content");
                outcome.add(read + " " + Pieces.latin1(content.toByteArray()));
                content.reset();
                parser.reset();
                inBody = false;
                start = read;
            }
        }

        private static String describe(RequestHead head) {
            StringBuilder fields = new StringBuilder();
            for (int i = 0; i < head.fields().size(); i++) {
                fields.append(head.fields().name(i)).append(':').append(head.fields().value(i));
                fields.append('\n');
            }
            return String.join(
                    "|",
                    head.toString(),
                    head.method(),
                    head.target().form().toString(),
                    head.target().text(),
                    head.target().rawPath(),
                    String.valueOf(head.target().rawQuery()),
                    String.valueOf(head.target().host()),
                    head.target().port() + "",
                    fields,
                    head.contentLength() + "",
                    head.persistent() + "",
                    head.expectation().toString(),
                    head.host(),
                    head.port() + "");
        }
    }

    /** What the RFCs say about a head that was accepted, and what comes of it. */
    private record RequestJudge(String text, RequestHead head) {

        /** Whether the text begins with a request that nothing speaks against. */
        static boolean isPlain(String text) {
            int end = text.indexOf("\r\n\r\n");
            if (end < 0) {
                return false;
            }
            List<String> lines = List.of(text.substring(0, end).split("\r\n", -1));
            Matcher line = Grammar.REQUEST_LINE.matcher(lines.getFirst());
            if (!line.matches()
                    || line.group(1).equals("CONNECT")
                    || !Grammar.ORIGIN_FORM.matcher(line.group(2)).matches()
                    || lines.size() > 100) {
                return false;
            }
            List<String> rest = lines.subList(1, lines.size());
            if (!rest.stream().allMatch(Grammar::isFieldLine)) {
                return false;
            }
            List<String> hosts = values(rest, "Host");
            List<String> lengths = values(rest, "Content-Length");
            return hosts.size() == 1
                    && Grammar.PLAIN_HOST.matcher(hosts.getFirst()).matches()
                    && values(rest, "Transfer-Encoding").isEmpty()
                    && (lengths.isEmpty()
                            || (lengths.size() == 1 && lengths.getFirst().matches("[0-9]{1,6}")));
        }

        void judge() {
            String message = text.replaceFirst("^(?:\r\n){1,4}", "");
            requireEqual(message.indexOf("\r\n\r\n"), message.length() - 4, "where the head ends");
            List<String> lines = List.of(message.substring(0, message.length() - 4).split("\r\n"));
            Matcher line = Grammar.REQUEST_LINE.matcher(lines.getFirst());
            require(line.matches(), "a request line outside the grammar: " + lines.getFirst());
            requireEqual(line.group(1), head.method(), "method");
            requireEqual(line.group(2), head.target().text(), "target");
            requireEqual(line.group(3).equals("0") ? 0 : 1, head.minorVersion(), "version");
            target(line.group(1), line.group(2));
            List<String> rest = lines.subList(1, lines.size());
            fields(rest);
            host(rest);
            framing(rest);
            connection(rest);
        }

        private void target(String method, String target) {
            switch (head.target().form()) {
                case AUTHORITY -> {
                    requireEqual("CONNECT", method, "authority-form");
                    require(Grammar.HOST.matcher(target).matches(), "authority-form: " + target);
                }
                case ASTERISK -> requireEqual("OPTIONS *", method + " " + target, "asterisk-form");
                case ABSOLUTE ->
                        require(
                                Grammar.ABSOLUTE_FORM.matcher(target).matches(),
                                "absolute-form: " + target);
                case ORIGIN ->
                        require(
                                Grammar.LOOSE_ORIGIN_FORM.matcher(target).matches(),
                                "origin-form: " + target);
            }
        }

        private void fields(List<String> lines) {
            requireEqual(lines.size(), head.fields().size(), "field lines");
            boolean absolute = head.target().form() == Form.ABSOLUTE;
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                require(Grammar.isFieldLine(line), "a field line outside the grammar: " + line);
                requireEqual(Grammar.name(line), head.fields().name(i), "name");
                if (!absolute || !Grammar.name(line).equalsIgnoreCase("Host")) {
                    requireEqual(Grammar.value(line), head.fields().value(i), "value");
                }
            }
        }

        private void host(List<String> lines) {
            List<String> hosts = values(lines, "Host");
            require(hosts.size() <= 1, "Host twice");
            require(hosts.size() == 1 || head.minorVersion() == 0, "no Host in HTTP/1.1");
            for (String host : hosts) {
                require(Grammar.HOST.matcher(host).matches(), "Host: " + host);
                if (head.target().form() == Form.ORIGIN) {
                    require(host.startsWith(head.host()) && !head.host().isEmpty(), "host");
                }
            }
        }

        private void framing(List<String> lines) {
            List<String> codings = values(lines, "Transfer-Encoding");
            List<String> lengths = values(lines, "Content-Length");
            if (!codings.isEmpty()) {
                require(lengths.isEmpty(), "both Transfer-Encoding and Content-Length");
                require(head.minorVersion() > 0, "Transfer-Encoding in HTTP/1.0");
                requireEqual(List.of("chunked"), elements(codings), "codings");
                requireEqual(RequestHead.CHUNKED, head.contentLength(), "length");
            } else if (lengths.isEmpty()) {
                requireEqual(RequestHead.NO_LENGTH, head.contentLength(), "length");
            } else {
                requireEqual(1, lengths.size(), "Content-Length lines");
                require(lengths.getFirst().matches("[0-9]+"), "Content-Length: " + lengths);
                BigInteger length = new BigInteger(lengths.getFirst());
                requireEqual(length, BigInteger.valueOf(head.contentLength()), "length");
            }
        }

        private void connection(List<String> lines) {
            List<String> options = elements(values(lines, "Connection"));
            boolean kept = head.minorVersion() > 0 || options.contains("keep-alive");
            requireEqual(kept && !options.contains("close"), head.persistent(), "persistent");
            List<String> expected = elements(values(lines, "Expect"));
            Expectation expectation =
                    expected.isEmpty() || head.minorVersion() == 0
                            ? Expectation.NONE
                            : expected.stream().allMatch("100-continue"::equals)
                                    ? Expectation.CONTINUE
                                    : Expectation.UNKNOWN;
            requireEqual(expectation, head.expectation(), "expectation");
        }

        private static List<String> values(List<String> lines, String name) {
            return lines.stream()
                    .filter(line -> Grammar.name(line).equalsIgnoreCase(name))
                    .map(Grammar::value)
                    .toList();
        }

        /** RFC 9110 §5.6.1: empty elements do not count. */
        private static List<String> elements(List<String> values) {
            return Arrays.stream(String.join(",", values).split(","))
                    .map(element -> element.replaceAll("^[ \\t]+|[ \\t]+\\z", ""))
                    .filter(element -> !element.isEmpty())
                    .map(element -> element.toLowerCase(Locale.ROOT))
                    .toList();
        }
    }
}

package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.HttpException;
import caffeine.http.cgi.ScriptResponseParser;
import caffeine.http.cgi.ScriptResponseParser.Kind;

import com.code_intelligence.jazzer.junit.FuzzTest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a script writes, RFC 3875 §6. */
class ScriptResponseFuzzTest {
    private static final int WIDE = 1 << 20;
    private static final int NARROW = 100;

    /** RFC 9110 §7.6.1, and Trailer. */
    private static final Set<String> OF_THE_CONNECTION =
            caseless("Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade");

    private static final Set<String> TAKEN_OUT = caseless("Status", "Content-Length");
    private static final Set<String> NOT_WHEN_EMPTY = caseless("Location", "Content-Type");

    private static Set<String> caseless(String... names) {
        Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(List.of(names));
        return set;
    }

    @FuzzTest
    void output(byte[] data) {
        for (boolean rawByName : new boolean[] {false, true}) {
            for (int limit : new int[] {WIDE, NARROW}) {
                String whole = outcome(data, limit, rawByName, new int[0], true);
                for (int[] cuts : Pieces.ways(data)) {
                    String pieces = outcome(data, limit, rawByName, cuts, false);
                    requireEqual(whole, pieces, Arrays.toString(cuts));
                }
            }
        }
    }

    private static String outcome(
            byte[] data, int limit, boolean rawByName, int[] cuts, boolean judging) {
        ScriptResponseParser parser = new ScriptResponseParser(limit, rawByName);
        Pieces.Reader reader =
                new Pieces.Reader() {
                    @Override
                    public int read(byte[] b, int from, int to) {
                        return parser.parse(b, from, to);
                    }

                    @Override
                    public boolean isComplete() {
                        return parser.isComplete();
                    }
                };
        try {
            int end = Pieces.feed(data, 0, cuts, reader);
            parser.end();
            if (judging) {
                require(end <= limit, "a head beyond the limit");
                judge(Pieces.latin1(data).substring(0, end), rawByName, parser);
            }
            return end + describe(parser);
        } catch (HttpException e) {
            requireEqual(502, e.status(), "status");
            if (judging && limit == WIDE && !rawByName) {
                require(!isPlain(Pieces.latin1(data)), "a plain response was refused: " + e);
            }
            return e.section() + " " + e.detail();
        }
    }

    private static String describe(ScriptResponseParser parser) {
        return String.join(
                "|",
                parser.kind().toString(),
                parser.status() + "",
                String.valueOf(parser.reason()),
                parser.fields().toString(),
                parser.contentLength() + "",
                parser.kind() == Kind.LOCAL_REDIRECT ? parser.localTarget() : "-",
                Pieces.latin1(parser.rawHead()));
    }

    /** Whether the output begins with a document that nothing speaks against. */
    private static boolean isPlain(String text) {
        int end = text.indexOf("\n\n");
        if (end < 0) {
            return false;
        }
        List<String> lines = List.of(text.substring(0, end).split("\n", -1));
        return lines.stream().allMatch(Grammar::isFieldLine)
                && values(lines, "Content-Type").size() == 1
                && values(lines, "Status").isEmpty()
                && values(lines, "Location").isEmpty()
                && values(lines, "Content-Length").isEmpty()
                && values(lines, "Transfer-Encoding").isEmpty();
    }

    private static void judge(String head, boolean rawByName, ScriptResponseParser parser) {
        if (parser.kind() == Kind.RAW) {
            require(rawByName || head.startsWith("HTTP/1."), "raw");
            requireEqual(head.indexOf('\n'), head.length() - 1, "the first line");
            requireEqual(head, Pieces.latin1(parser.rawHead()), "the first line");
            return;
        }
        require(!rawByName && !head.startsWith("HTTP/1."), "not raw");
        requireEqual(0, parser.rawHead().length, "raw bytes");
        List<String> lines = new ArrayList<>();
        for (String line : head.split("\n", -1)) {
            lines.add(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
        }
        lines.removeLast();
        requireEqual("", lines.removeLast(), "the empty line");
        for (String line : lines) {
            require(Grammar.isFieldLine(line), "a line outside the grammar: " + line);
        }
        fields(lines, parser);
        meaning(lines, parser);
    }

    private static void fields(List<String> lines, ScriptResponseParser parser) {
        StringBuilder expected = new StringBuilder();
        for (String line : lines) {
            String name = Grammar.name(line);
            String value = Grammar.value(line);
            require(!name.equalsIgnoreCase("Transfer-Encoding"), "Transfer-Encoding");
            if (!OF_THE_CONNECTION.contains(name)
                    && !TAKEN_OUT.contains(name)
                    && !name.regionMatches(true, 0, "Proxy-", 0, 6)
                    && !(NOT_WHEN_EMPTY.contains(name) && value.isEmpty())) {
                expected.append(name).append(": ").append(value).append("\r\n");
            }
        }
        requireEqual(expected.toString(), parser.fields().toString(), "fields");
    }

    private static void meaning(List<String> lines, ScriptResponseParser parser) {
        List<String> types = values(lines, "Content-Type");
        List<String> places = values(lines, "Location");
        List<String> states = values(lines, "Status");
        List<String> lengths = values(lines, "Content-Length");
        require(types.size() + places.size() + states.size() > 0, "nothing of §6.3");
        require(types.size() <= 1 && places.size() <= 1 && states.size() <= 1, "twice");
        lengths.forEach(l -> require(l.matches("[0-9]{1,18}"), "Content-Length: " + l));
        require(lengths.stream().map(Long::valueOf).distinct().count() <= 1, "two lengths");
        for (String state : states) {
            require(state.matches("(?s)[2-5][0-9]{2}(?: .*)?"), "Status: " + state);
            requireEqual(Integer.valueOf(state.substring(0, 3)), parser.status(), "status");
        }
        if (parser.kind() == Kind.LOCAL_REDIRECT) {
            require(states.isEmpty(), "a local redirect with a Status");
            require(places.getFirst().matches("/(?!/)[!-~&&[^#\"<>]]*"), "Location: " + places);
            requireEqual(places.getFirst(), parser.localTarget(), "target");
            return;
        }
        boolean redirect = !places.isEmpty() && parser.status() / 100 == 3;
        requireEqual(redirect ? Kind.CLIENT_REDIRECT : Kind.DOCUMENT, parser.kind(), "kind");
        if (states.isEmpty()) {
            requireEqual(places.isEmpty() ? 200 : 302, parser.status(), "status");
        }
        if (!places.isEmpty() && states.isEmpty() && types.isEmpty()) {
            requireEqual(0L, parser.contentLength(), "length");
        } else {
            long length = lengths.isEmpty() ? -1 : Long.parseLong(lengths.getFirst());
            requireEqual(length, parser.contentLength(), "length");
        }
    }

    /** The values of that name that are not empty, §6.3. */
    private static List<String> values(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> Grammar.name(line).equalsIgnoreCase(name))
                .map(Grammar::value)
                .filter(value -> !value.isEmpty())
                .toList();
    }
}

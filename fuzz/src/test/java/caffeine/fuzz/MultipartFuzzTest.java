package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.FieldList;
import caffeine.http.HttpException;
import caffeine.http.form.FormLimits;
import caffeine.http.form.MultipartListener;
import caffeine.http.form.MultipartParser;
import caffeine.http.form.Part;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Forms with the boundary {@code b}; and a Content-Type that may name another. */
class MultipartFuzzTest {
    private static final FormLimits SMALL = new FormLimits(2, 60);

    @FuzzTest
    void form(byte[] data) {
        contentType(Pieces.latin1(data));
        for (FormLimits limits : new FormLimits[] {FormLimits.DEFAULTS, SMALL}) {
            List<String> whole = events(data, limits, new int[0]);
            for (int[] cuts : Pieces.ways(data)) {
                requireEqual(whole, events(data, limits, cuts), Arrays.toString(cuts));
            }
            requireEqual(Reference.read(data, limits), whole, "by the grammar");
        }
    }

    /** A boundary that is accepted is one that RFC 2046 has, and that a parser takes. */
    private static void contentType(String value) {
        FieldList fields = new FieldList();
        try {
            fields.add("Content-Type", "multipart/form-data" + value);
        } catch (IllegalArgumentException _) {
            return; // no parser lets it pass
        }
        try {
            String boundary = MultipartParser.boundary(fields);
            require(
                    boundary.matches("[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]"),
                    boundary);
            new MultipartParser(boundary, FormLimits.DEFAULTS, new Events())
                    .parse(new byte[0], 0, 0);
            require(MultipartParser.accepts(fields), "not accepted: " + value);
        } catch (HttpException e) {
            require(e.status() == 400 || e.status() == 415, "" + e);
        }
    }

    private static List<String> events(byte[] data, FormLimits limits, int[] cuts) {
        Events events = new Events();
        MultipartParser parser = new MultipartParser("b", limits, events);
        try {
            Pieces.feed(
                    data,
                    0,
                    cuts,
                    new Pieces.Reader() {
                        @Override
                        public int read(byte[] b, int from, int to) {
                            int before = events.ranges;
                            parser.parse(b, from, to);
                            int most = 2 + 4 * (events.parts + 1);
                            require(
                                    events.ranges - before <= most + (to - from),
                                    "too many events");
                            return to;
                        }

                        @Override
                        public boolean isComplete() {
                            return false;
                        }
                    });
            parser.end();
        } catch (HttpException e) {
            require(e.status() == 400 || e.status() == 413, "" + e);
            events.add("" + e.status());
        }
        require(events.parts <= limits.fields(), "too many parts");
        return events.all;
    }

    private static final class Events implements MultipartListener {
        private final List<String> all = new ArrayList<>();
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();
        private boolean inPart;
        private int parts;
        private int ranges;

        void add(String event) {
            if (content.size() > 0) {
                all.add("content " + Pieces.latin1(content.toByteArray()));
                content.reset();
            }
            all.add(event);
        }

        @Override
        public void part(Part part) {
            require(!inPart, "a part in a part");
            inPart = true;
            parts++;
            add(describe(part.name(), part.fileName(), part.contentType()));
        }

        @Override
        public void content(byte[] b, int from, int to) {
            require(inPart && from < to, "content");
            ranges++;
            content.write(b, from, to - from);
        }

        @Override
        public void partEnd() {
            require(inPart, "no part");
            inPart = false;
            add("end of part");
        }

        @Override
        public void end() {
            require(!inPart, "an unfinished part");
            add("end");
        }
    }

    private static String describe(String name, @Nullable String fileName, String type) {
        if (fileName != null) {
            require(!fileName.matches("(?s).*[/\\\\\\x00-\\x1f\\x7f-\\x9f].*|\\.\\.?"), fileName);
        }
        return "part " + name + (fileName == null ? "" : " file " + fileName) + " " + type;
    }

    /** RFC 2046 §5.1.1 and RFC 7578 §4, read plainly, from all of the input at once. */
    private static final class Reference {
        private static final String DELIMITER = "\r\n--b";
        private static final Pattern CLOSE = Pattern.compile("--[ \t]*+(?:\r\n|\\z)");
        private static final Pattern LINE = Pattern.compile("[ \t]*+\r\n");
        private static final Pattern BARE_LINE_FEED = Pattern.compile("(?<!\r)\n");
        private static final String TYPE = "form-data";
        private static final String PARAMETER =
                "(" + Grammar.TOKEN + ")=(?:(" + Grammar.TOKEN + ")|\"((?:[^\"\\\\]|\\\\.)*+)\")";
        private static final String ELEMENT = "[ \t]*+;[ \t]*+(?:" + PARAMETER + ")?+";
        private static final Pattern DISPOSITION = Pattern.compile("(?:" + ELEMENT + ")*+[ \t]*+");
        private static final Pattern EACH = Pattern.compile("\\G" + ELEMENT);
        private static final Pattern ESCAPE = Pattern.compile("\\\\([\"\\\\])|%(22|0D|0A)");

        private final String text;
        private final FormLimits limits;
        private final List<String> events = new ArrayList<>();

        private static final class Refused extends Exception {
            private static final long serialVersionUID = 1L;

            Refused(int status) {
                super("" + status, null, false, false);
            }
        }

        private Reference(byte[] data, FormLimits limits) {
            text = "\r\n" + Pieces.latin1(data); // the first boundary needs no line end
            this.limits = limits;
        }

        static List<String> read(byte[] data, FormLimits limits) {
            Reference reference = new Reference(data, limits);
            try {
                reference.form();
                reference.events.add("end");
            } catch (Refused e) {
                reference.events.add("" + e.getMessage());
            }
            return reference.events;
        }

        private static void must(boolean holds, int status) throws Refused {
            if (!holds) {
                throw new Refused(status);
            }
        }

        private void form() throws Refused {
            int at = text.indexOf(DELIMITER);
            must(at >= 0, 400);
            for (int parts = 1; ; parts++) {
                at += DELIMITER.length();
                if (lookingAt(CLOSE, at) >= 0) {
                    return;
                }
                int head = lookingAt(LINE, at);
                must(head >= 0, 400);
                must(parts <= limits.fields(), 413);
                at = part(head);
            }
        }

        private int lookingAt(Pattern pattern, int at) {
            Matcher matcher = pattern.matcher(text).region(at, text.length());
            return matcher.lookingAt() ? matcher.end() : -1;
        }

        /** Returns where the delimiter behind it begins. */
        private int part(int head) throws Refused {
            // The line end of the boundary may be the first of the two.
            int end = text.indexOf("\r\n\r\n", head - 2);
            int bytes = (end < 0 ? text.length() : end + 4) - head;
            int read = Math.min(bytes, limits.partHeadBytes());
            must(!BARE_LINE_FEED.matcher(text.substring(head, head + read)).find(), 400);
            must(bytes <= limits.partHeadBytes(), 413);
            must(end >= 0, 400);
            must(!text.substring(head - 2, end + 2).contains(DELIMITER), 400);
            events.add(head(end < head ? "" : text.substring(head, end)));
            int next = text.indexOf(DELIMITER, end + 2);
            String content = text.substring(Math.min(end + 4, text.length()));
            if (next >= 0) {
                content = next < end + 4 ? "" : text.substring(end + 4, next);
            } else {
                // A beginning of a delimiter is kept back until more comes.
                content = keptBack(text.substring(end + 2));
            }
            if (!content.isEmpty()) {
                events.add("content " + content);
            }
            must(next >= 0, 400);
            events.add("end of part");
            return next;
        }

        /** Content from its implied line end on, without a beginning of a delimiter at its end. */
        private static String keptBack(String content) {
            for (int length = DELIMITER.length() - 1; length > 0; length--) {
                if (content.endsWith(DELIMITER.substring(0, length))) {
                    String passed = content.substring(0, content.length() - length);
                    return passed.length() < 2 ? "" : passed.substring(2);
                }
            }
            return content.substring(2);
        }

        private static String head(String lines) throws Refused {
            List<String> dispositions = new ArrayList<>();
            String type = "text/plain";
            boolean hasType = false;
            for (String line : lines.isEmpty() ? new String[0] : lines.split("\r\n", -1)) {
                must(Grammar.isFieldLine(line), 400);
                String name = Grammar.name(line).toLowerCase(Locale.ROOT);
                if (name.equals("content-disposition")) {
                    dispositions.add(Grammar.value(line));
                } else if (name.equals("content-type") && !hasType) {
                    type = Grammar.value(line);
                    hasType = true;
                }
            }
            must(dispositions.size() == 1, 400);
            Map<String, String> parameters = parameters(dispositions.getFirst());
            String name = parameters.get("name");
            must(name != null, 400);
            String fileName = parameters.get("filename");
            return describe(
                    decoded("" + name), fileName == null ? null : last(decoded(fileName)), type);
        }

        private static Map<String, String> parameters(String value) throws Refused {
            must(value.regionMatches(true, 0, TYPE, 0, TYPE.length()), 400);
            String rest = value.substring(TYPE.length());
            must(DISPOSITION.matcher(rest).matches(), 400);
            Map<String, String> parameters = new HashMap<>();
            for (Matcher each = EACH.matcher(rest); each.find(); ) {
                if (each.group(1) != null) {
                    String text = each.group(2) == null ? each.group(3) : each.group(2);
                    String before = parameters.put(each.group(1).toLowerCase(Locale.ROOT), text);
                    must(before == null, 400);
                }
            }
            return parameters;
        }

        private static String decoded(String sent) throws Refused {
            String octets =
                    ESCAPE.matcher(sent)
                            .replaceAll(
                                    m -> {
                                        String escaped = m.group(1);
                                        return Matcher.quoteReplacement(
                                                escaped != null
                                                        ? escaped
                                                        : (char) Integer.parseInt(m.group(2), 16)
                                                                + "");
                                    });
            String decoded = new String(Pieces.bytes(octets), StandardCharsets.UTF_8);
            byte[] back = decoded.getBytes(StandardCharsets.UTF_8);
            must(Pieces.latin1(back).equals(octets), 400);
            return decoded;
        }

        private static String last(String path) {
            String plain = path.replaceAll("[\\x00-\\x1f\\x7f-\\x9f]", "");
            return plain.replaceAll("(?s)^.*[/\\\\]", "").replaceAll("^\\.\\.?\\z", "");
        }
    }
}

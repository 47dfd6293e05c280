package caffeine.http.cgi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.HttpException;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/** The output of a script, fed to a parser in pieces, and what came of it in one line of text. */
final class ScriptOutput {
    static final int HEAD_LIMIT = 300;

    private ScriptOutput() {}

    static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Everything that the parser found out, and the content behind the head. */
    static String outcome(byte[] output, boolean rawByName, int... cuts) {
        ScriptResponseParser parser = new ScriptResponseParser(HEAD_LIMIT, rawByName);
        try {
            int consumed = feed(parser, output, cuts);
            parser.end();
            return describe(parser) + '|' + latin1(output, consumed);
        } catch (HttpException e) {
            return e.status() + " " + e.section() + " " + e.detail();
        }
    }

    /** The parser when it has read all of the output. */
    static ScriptResponseParser parsed(String output, boolean rawByName) {
        ScriptResponseParser parser = new ScriptResponseParser(HEAD_LIMIT, rawByName);
        byte[] b = bytes(output);
        parser.parse(b, 0, b.length);
        parser.end();
        return parser;
    }

    static ScriptResponseParser parsed(String output) {
        return parsed(output, false);
    }

    static void assertGarbage(String output) {
        assertThatThrownBy(() -> parsed(output))
                .isInstanceOfSatisfying(
                        HttpException.class,
                        e -> {
                            assertThat(e.status()).isEqualTo(502);
                            assertThat(e.section()).startsWith("RFC 3875 §");
                            assertThat(e.detail()).isNotBlank().matches("[ -~]*");
                        });
    }

    /** Feeds pieces that end at the cuts and at the end; each lies in an array of its own. */
    static int feed(ScriptResponseParser parser, byte[] output, int... cuts) {
        int from = 0;
        for (int i = 0; i <= cuts.length && !parser.isComplete(); i++) {
            int to = i < cuts.length ? cuts[i] : output.length;
            byte[] piece = new byte[to - from + 6];
            System.arraycopy(output, from, piece, 3, to - from);
            int read = parser.parse(piece, 3, 3 + to - from) - 3;
            if (!parser.isComplete() && read != to - from) {
                throw new AssertionError("left " + (to - from - read) + " bytes unread");
            }
            from += read;
        }
        return from;
    }

    static int[] everywhere(int length) {
        int[] cuts = new int[length];
        for (int i = 0; i < length; i++) {
            cuts[i] = i + 1;
        }
        return cuts;
    }

    private static String describe(ScriptResponseParser parser) {
        return String.join(
                "|",
                parser.kind().name(),
                Integer.toString(parser.status()),
                quoted(parser.reason()),
                parser.fields().toString(),
                Long.toString(parser.contentLength()),
                parser.kind() == ScriptResponseParser.Kind.LOCAL_REDIRECT
                        ? parser.localTarget()
                        : "-",
                latin1(parser.rawHead(), 0));
    }

    private static String quoted(@Nullable String text) {
        return text == null ? "-" : '"' + text + '"';
    }

    private static String latin1(byte[] b, int from) {
        return new String(b, from, b.length - from, StandardCharsets.ISO_8859_1);
    }
}

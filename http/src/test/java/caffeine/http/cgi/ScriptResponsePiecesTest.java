package caffeine.http.cgi;

import static caffeine.http.cgi.ScriptOutput.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.HttpException;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;

@DisplayName("Script output, however it is cut, and whatever it is")
class ScriptResponsePiecesTest {
    private static final int RANDOM_OUTPUTS =
            Boolean.getBoolean("caffeine.full") ? 2_000_000 : 40_000;

    private static final String[] OUTPUTS = {
        "",
        "\n",
        "\r\n",
        "Content-Type: text/plain\n\ncontent\n\nmore",
        "Status: 404 Gone Fishing\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\nhello",
        "Set-Cookie: a=1\nContent-Type: a/b\r\nSet-Cookie: b=2, c\n\r\n\r\n",
        "Location: /cgi-bin/echo?a\n\n",
        "Location: http://other.test/\r\n\r\nignored",
        "Status: 301\nLocation: /x\nContent-Type: a/b\n\nit moved",
        "HTTP/1.1 203 Raw\r\nX-Raw: yes\r\n\r\nraw\n",
        "HTTP/1.1 203 Raw",
        "HTTP/1",
        "HTTP/2 200 OK\n\n",
        "ICY 200 OK\n",
        "Content-Type: a/b\n",
        "Content-Type: a/b\n\r",
        "Content-Type: a/b\rX-Evil: a\n\n",
        "Content-Type: a/b\nX-Bad: a\0b\n\n",
        "Content-Type: a/b\n folded\n\n",
        "Content-Type: a/b\nTransfer-Encoding: chunked\n\n0\r\n\r\n",
        "Content-Type: a/b\nContent-Length: 5\nContent-Length: 7\n\nhello",
        "Status: fine\n\n",
        "Content-Type: a/b\nX: " + "x".repeat(ScriptOutput.HEAD_LIMIT) + "\n\n",
        "x".repeat(ScriptOutput.HEAD_LIMIT + 1),
        "Content-Type: a/b\n\n" + "x".repeat(2 * ScriptOutput.HEAD_LIMIT),
    };

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cutsChangeNothing(boolean rawByName) {
        for (String output : OUTPUTS) {
            byte[] b = bytes(output);
            String whole = ScriptOutput.outcome(b, rawByName);
            assertThat(ScriptOutput.outcome(b, rawByName, ScriptOutput.everywhere(b.length)))
                    .as("byte by byte: %s", output)
                    .isEqualTo(whole);
            for (int cut = 0; cut <= b.length; cut++) {
                assertThat(ScriptOutput.outcome(b, rawByName, cut))
                        .as("cut at %d: %s", cut, output)
                        .isEqualTo(whole);
            }
        }
    }

    /** Half of the bytes are those that heads are made of, so that some get far. */
    @Test
    void randomBytesAreAResponseOrGarbage() {
        byte[][] words = {
            bytes("Content-Type: a/b"),
            bytes("Location: "),
            bytes("Status: "),
            bytes("\n"),
            bytes("\r\n"),
            bytes("HTTP/1."),
            bytes("X: "),
            bytes("200"),
            bytes("Content-Length: ")
        };
        Random random = new Random(3875);
        int complete = 0;
        for (int i = 0; i < RANDOM_OUTPUTS; i++) {
            byte[] output = new byte[random.nextInt(80)];
            random.nextBytes(output);
            int at = 0;
            while (at < output.length && i % 8 != 0) {
                byte[] word = words[random.nextInt(words.length)];
                int length = Math.min(word.length, output.length - at);
                System.arraycopy(word, 0, output, at, length);
                at += length + (random.nextInt(6) == 0 ? 1 : 0);
            }
            int cut = random.nextInt(output.length + 1);
            String whole = ScriptOutput.outcome(output, false);
            assertThat(ScriptOutput.outcome(output, false, cut)).isEqualTo(whole);
            complete += whole.startsWith("502 ") ? 0 : 1;
        }
        assertThat(complete).as("some are responses").isGreaterThan(RANDOM_OUTPUTS / 100);
    }

    @Test
    void everyViolationIsA502() {
        for (String output : OUTPUTS) {
            ScriptResponseParser parser = new ScriptResponseParser(ScriptOutput.HEAD_LIMIT, false);
            try {
                ScriptOutput.feed(parser, bytes(output));
                parser.end();
            } catch (HttpException e) {
                assertThat(e.status()).isEqualTo(502);
            }
        }
    }
}

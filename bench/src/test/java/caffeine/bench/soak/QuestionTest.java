package caffeine.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.bench.client.Answers;
import caffeine.bench.soak.Question.Comparison;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** A soak that misses a wrong answer is worth nothing. */
class QuestionTest {
    private static final String DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    private static final String RIGHT =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                    + DATE
                    + "Content-Length: 13\r\n\r\nHello, World!";

    private final Question hello = new Questions(new SplittableRandom(1), 1, false).hello(false);

    @Test
    void acceptsTheRightAnswer() throws IOException, SoakFailure {
        check(RIGHT);
    }

    @Test
    void acceptsTheLastAnswerOfAConnection() throws IOException, SoakFailure {
        check(RIGHT.replace(DATE, DATE + "Connection: close\r\n"));
    }

    @Test
    void seesAWrongByte() {
        refuses(RIGHT.replace("World", "Wor1d"), "the first difference at byte 10 of 13");
    }

    @Test
    void seesAWrongLength() {
        refuses(RIGHT.replace("13", "12").replace("!", ""), "field lines");
        Comparison comparison = hello.comparison();
        comparison.write("Hello, World".getBytes(StandardCharsets.US_ASCII), 0, 12);
        assertThat(comparison.what()).isEqualTo("12 bytes instead of 13");
        comparison.write("!!".getBytes(StandardCharsets.US_ASCII), 0, 2);
        assertThat(comparison.what()).isEqualTo("14 bytes instead of 13");
    }

    @Test
    void seesAWrongHead() {
        refuses(RIGHT.replace("200 OK", "500 Internal Server Error"), "instead of \"HTTP/1.1 200");
        refuses(RIGHT.replace("plain", "html"), "field lines");
        refuses(RIGHT.replace(DATE, ""), "field lines");
        refuses(RIGHT.replace(DATE, DATE + DATE), "field lines");
        refuses(RIGHT.replace(DATE, DATE + "X-Token: other\r\n"), "field lines");
    }

    @Test
    void aSeedMakesTheSameRequests() {
        byte[] once = first(7).bytes();
        assertThat(first(7).bytes()).isEqualTo(once);
        assertThat(first(8).bytes()).isNotEqualTo(once);
    }

    @Test
    void hashesAsFnv1aIsSpecified() {
        assertThat(Noise.hash(new byte[0])).isEqualTo("cbf29ce484222325");
        assertThat(Noise.hash("foobar".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo("85944171f73967e8");
    }

    private static Question first(long seed) {
        return new Questions(new SplittableRandom(seed), 1, true).closing(1000);
    }

    private void refuses(String answer, String why) {
        assertThatThrownBy(() -> check(answer))
                .isInstanceOf(SoakFailure.class)
                .hasMessageContaining(why);
    }

    private void check(String answer) throws IOException, SoakFailure {
        Comparison comparison = hello.comparison();
        byte[] bytes = answer.getBytes(StandardCharsets.ISO_8859_1);
        hello.check(new Answers(new ByteArrayInputStream(bytes)).next(comparison), comparison);
    }
}

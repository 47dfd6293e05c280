package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** Where the segments of a request begin and end means nothing (RFC 9112 §2.2). */
class SplitsTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        TREE.sh(
                "cgi-bin/echo",
                Scripts.CGI_HEAD + "echo $REQUEST_METHOD $QUERY_STRING $CONTENT_LENGTH\ncat\n");
    }

    /** A request of each kind, all on one connection, and what they are answered. */
    private static final List<String> REQUESTS =
            List.of(
                    Requests.get("/cgi-bin/echo?1", "X-A: b"),
                    "\r\n" + Requests.post("/cgi-bin/echo?2", "hello", "Content-Type: a/b"),
                    Requests.chunked("/cgi-bin/echo?3", "hel", "lo, this is a chunk", "!"),
                    Requests.get("/missing"),
                    Requests.chunked("/cgi-bin/echo?5"),
                    Requests.post("/cgi-bin/echo?6", ""));

    private static final List<String> ANSWERS =
            List.of(
                    "GET 1\n",
                    "POST 2 5\nhello",
                    "POST 3 23\nhello, this is a chunk!",
                    "",
                    "POST 5 0\n",
                    "POST 6 0\n");

    @Test
    void allAtOnce() {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(String.join("", REQUESTS));
            assertAnswers(wire);
        }
    }

    @Test
    void byteByByte() {
        try (Wire wire = LEAKS.server().open()) {
            for (byte b : Requests.bytes(String.join("", REQUESTS))) {
                wire.send(new byte[] {b});
                wire.pause(Duration.ofNanos(200_000));
            }
            assertAnswers(wire);
        }
    }

    @RepeatedTest(15)
    void atRandom(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        String all = String.join("", REQUESTS);
        TreeSet<Integer> cuts = new TreeSet<>(List.of(all.length()));
        for (int i = 0; i < 12; i++) {
            cuts.add(1 + random.nextInt(all.length() - 1));
        }
        try (Wire wire = LEAKS.server().open()) {
            int from = 0;
            for (int cut : cuts) {
                wire.send(all.substring(from, cut)).pause(Duration.ofMillis(random.nextInt(8)));
                from = cut;
            }
            assertAnswers(wire);
        }
    }

    private static void assertAnswers(Wire wire) {
        for (String answer : ANSWERS) {
            Response response = wire.response();
            assertThat(response.status()).isEqualTo(answer.isEmpty() ? 404 : 200);
            if (!answer.isEmpty()) {
                assertThat(response.text()).isEqualTo(answer);
            }
        }
    }
}

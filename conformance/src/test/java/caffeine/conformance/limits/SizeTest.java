package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The limits of how long and how large, set by their options; line ends count. */
class SizeTest {

    private static final int LINE = 100;
    private static final int SECTION = 200;
    private static final int FIELDS = 5;
    private static final int CONTENT = 1000;

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.serving(
                    TREE,
                    "--max-request-line=" + LINE,
                    "--max-field-section=" + SECTION,
                    "--max-fields=" + FIELDS,
                    "--max-body=" + CONTENT,
                    "--log-level=DEBUG");

    static {
        TREE.sh("cgi-bin/count", Scripts.CGI_HEAD + "wc -c\n");
    }

    @Test
    void requestLine() {
        int around = "GET /cgi-bin/count? HTTP/1.1\r\n".length();
        String fits = "/cgi-bin/count?" + "a".repeat(LINE - around);

        assertThat(exchange(Requests.get(fits)).status()).isEqualTo(200);
        assertRefused(Requests.get(fits + "a"), 414);
    }

    @Test
    void fieldSection() {
        // The blank line that ends the section is not a field line.
        int around = "Host: conformance.test\r\nX-A: \r\n".length();
        String fits = "X-A: " + "a".repeat(SECTION - around - 2);

        assertThat(exchange(Requests.get("/cgi-bin/count", fits)).status()).isEqualTo(200);
        assertRefused(Requests.get("/cgi-bin/count", fits + "aaa"), 431);
    }

    @Test
    void fieldLines() {
        assertThat(
                        exchange(Requests.get("/cgi-bin/count", "A: b", "A: b", "A: b", "A: b"))
                                .status())
                .isEqualTo(200);
        assertRefused(Requests.get("/cgi-bin/count", "A: b", "A: b", "A: b", "A: b", "A: b"), 431);
    }

    @Test
    void content() {
        assertThat(exchange(Requests.post("/cgi-bin/count", "a".repeat(CONTENT))).text().strip())
                .isEqualTo("1000");
        assertRefused(Requests.post("/cgi-bin/count", "a".repeat(CONTENT + 1)), 413);
    }

    @Test
    void chunkedContent() {
        String half = "a".repeat(CONTENT / 2);

        assertThat(exchange(Requests.chunked("/cgi-bin/count", half, half)).text().strip())
                .isEqualTo("1000");
        assertRefused(Requests.chunked("/cgi-bin/count", half, half, "a"), 413);
    }

    @Test
    void trailerSection() {
        String chunked = Requests.chunked("/cgi-bin/count", "a");
        String head = chunked.substring(0, chunked.length() - 2);

        assertThat(exchange(head + "X-A: b\r\n\r\n").status()).isEqualTo(200);
        assertRefused(head + "X-A: b\r\n".repeat(FIELDS + 1) + "\r\n", 431);
        assertRefused(head + "X-A: " + "b".repeat(SECTION) + "\r\n\r\n", 431);
    }

    @Test
    void anAnswerArrivesAlthoughMuchIsStillToCome() {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.post("/cgi-bin/count", "0123456789".repeat(200_000)));
            assertThat(wire.response().status()).isEqualTo(413);
        }
    }

    private static Response exchange(String request) {
        return LEAKS.server().exchange(request);
    }

    private static void assertRefused(String request, int status) {
        try (Wire wire = LEAKS.server().open()) {
            Response response = wire.send(request).response();
            assertThat(response.status()).isEqualTo(status);
            assertThat(response.hasOption("close")).isTrue();
            wire.awaitEnd();
        }
        LEAKS.server().log().await("DEBUG.*" + status);
    }
}

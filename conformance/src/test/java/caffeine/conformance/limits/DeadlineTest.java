package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;
import caffeine.conformance.harness.Wire.End;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;

/** The deadlines that hold for clients: {@code --head-timeout} and its like. */
class DeadlineTest {

    private static final Duration DRIP = Duration.ofMillis(150);

    /** Eight of them are longer than the time for content that does not come. */
    private static final Duration PIECE = Duration.ofMillis(450);

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.serving(
                    TREE,
                    "--head-timeout=1",
                    "--content-timeout=3",
                    "--idle-timeout=5",
                    "--min-rate=1000",
                    "--log-level=DEBUG");

    static {
        TREE.sh("cgi-bin/count", Scripts.CGI_HEAD + "wc -c\n");
    }

    @Test
    void answers408ToPartOfAHead() {
        try (Wire wire = LEAKS.server().open()) {
            assert408(wire.send("GET /cgi-bin/count HTTP/1.1\r\nHos"));
        }
        LEAKS.server().log().await("DEBUG.*408");
    }

    @Test
    void aByteNowAndThenDoesNotExtendTheTimeForAHead() {
        try (Wire wire = LEAKS.server().open()) {
            drip(wire, "GET /cgi-bin/count HTTP/1.1\r\nHost: a\r\nX-Long: " + "a".repeat(300));
            assert408(wire);
        }
    }

    @Test
    void theTimeForAHeadBeginsAnewWithEachRequest() {
        try (Wire wire = LEAKS.server().open()) {
            for (int i = 0; i < 3; i++) {
                wire.send(Requests.get("/missing"));
                assertThat(wire.response().status()).isEqualTo(404);
                wire.pause(Duration.ofMillis(600));
            }
            assert408(wire.send("G"));
        }
    }

    @Test
    void answers408ToContentThatStops() {
        try (Wire wire = LEAKS.server().open()) {
            assert408(wire.send(Requests.announce("/cgi-bin/count", 100) + "hello"));
        }
    }

    @Test
    void answers408ToContentThatNeverBegins() {
        try (Wire wire = LEAKS.server().open()) {
            String expects = Requests.announce("/cgi-bin/count", 100, "Expect: 100-continue");
            assertThat(wire.send(expects).response().status()).isEqualTo(100);
            assert408(wire);
        }
    }

    @Test
    void answers408ToContentBelowTheLeastRate() {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.announce("/cgi-bin/count", 100_000));
            drip(wire, "a".repeat(300));
            assert408(wire);
        }
    }

    @Test
    void takesContentInPiecesThatIsFastEnough() {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.announce("/cgi-bin/count", 16_000));
            for (int i = 0; i < 8; i++) {
                wire.pause(PIECE);
                wire.send("0123456789".repeat(200));
            }
            assertThat(wire.response().text().strip()).isEqualTo("16000");
        }
    }

    @Test
    void closesInSilenceWhatSendsNoByte() {
        try (Wire wire = LEAKS.server().open()) {
            wire.awaitSilentEnd();
        }
    }

    @Test
    void closesAnIdleKeptAliveConnectionInSilence() {
        try (Wire wire = LEAKS.server().open()) {
            assertThat(wire.send(Requests.get("/missing")).response().status()).isEqualTo(404);
            assertThat(wire.awaitEnd()).isEqualTo(End.CLOSED);
        }
    }

    @Test
    void aBlankLineIsNoBeginningOfAHead() {
        try (Wire wire = LEAKS.server().open()) {
            wire.send("\r\n").awaitSilentEnd();
        }
    }

    /** Sends a byte at a time until the server has had enough. */
    private static void drip(Wire wire, String bytes) {
        for (byte b : Requests.bytes(bytes)) {
            if (wire.available() > 0 || wire.end() != End.OPEN) {
                return;
            }
            wire.send(new byte[] {b}).pause(DRIP);
        }
    }

    private static void assert408(Wire wire) {
        Response response = wire.renew(Await.PATIENCE).response();
        assertThat(response.status()).isEqualTo(408);
        assertThat(response.hasOption("close")).isTrue();
        wire.awaitEnd();
    }
}

package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Mismatch;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * {@code --handler-timeout}: in cgi mode until the end of the header, then between bytes; in direct
 * mode in all.
 */
class HandlerTimeoutTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.serving(TREE, "--handler-timeout=4", "--log-level=DEBUG");

    static {
        Beside.prepare(TREE);
        TREE.sh("cgi-bin/sleeps", "sleep 600\n");
        TREE.sh("cgi-bin/dawdles", "while :; do printf 'X-A: b\\n'; sleep 0.2; done\n");
        TREE.sh("cgi-bin/stops", Scripts.CGI_HEAD + "echo begun\nsleep 600\n");
        TREE.sh(
                "cgi-bin/slow",
                Scripts.CGI_HEAD + "for i in 1 2 3 4 5 6 7 8 9; do printf $i; sleep 0.5; done\n");
        TREE.sh("sleeps", "sleep 600\n");
        TREE.sh("nph-streams", Scripts.DIRECT_HEAD + "while :; do echo tick; sleep 0.1; done\n");
    }

    @Test
    void answers504ForACgiScriptThatWritesNoHeader() {
        assertThat(LEAKS.server().get("/cgi-bin/sleeps").status()).isEqualTo(504);
        LEAKS.server().awaitNoHandlers();
        LEAKS.server().log().await("WARN.*/cgi-bin/sleeps.*--handler-timeout");
    }

    @Test
    void aHeaderInPiecesDoesNotExtendTheTime() {
        assertThat(LEAKS.server().get("/cgi-bin/dawdles").status()).isEqualTo(504);
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void cutsACgiResponseThatStopsInTheMiddle() {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/cgi-bin/stops"));
            assertThat(wire.head().status()).isEqualTo(200);
            assertThatThrownBy(() -> wire.want(() -> wire.has("0\r\n\r\n"), "an end"))
                    .isInstanceOf(Mismatch.class)
                    .hasMessageMatching("(?s).*(closed|reset).*");
        }
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void letsACgiResponseGoOnThatKeepsComing() {
        assertThat(LEAKS.server().get("/cgi-bin/slow").text()).isEqualTo("123456789");
    }

    @Test
    void endsADirectResponseAfterTheTimeInAll() {
        assertThat(LEAKS.server().get("/nph-streams").text()).startsWith("tick\n");
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void answersForADirectScriptThatWroteNothing() {
        assertThat(LEAKS.server().get("/sleeps").status()).isIn(502, 504);
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void killsAScriptThatIgnoresTerm() {
        Marker started = new Marker(TREE, "started");
        TREE.sh(
                "cgi-bin/stubborn",
                "trap '' TERM\necho $$ > " + started.path() + "\nwhile :; do sleep 1; done\n");
        assertThat(LEAKS.server().get("/cgi-bin/stubborn").status()).isEqualTo(504);
        Beside.isServed(LEAKS.server());
        int script = Integer.parseInt(started.awaitText());
        Await.until("the script was killed", () -> !Procs.isAlive(script));
        LEAKS.server().log().await("/cgi-bin/stubborn.*SIGKILL");
        LEAKS.server().awaitNoHandlers();
    }
}

package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;

/** Scripts that own their client's socket and misbehave. */
class DirectScriptTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        Beside.prepare(TREE);
    }

    @AfterEach
    void nobodyElseIsHarmed() {
        Beside.isServed(LEAKS.server());
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 0", "exit 7", "kill -SEGV $$", "kill -KILL 0"})
    void answers502ForAScriptThatWroteNoByte(String code) {
        TREE.sh("silent", code + "\n");

        assertThat(LEAKS.server().get("/silent").status()).isEqualTo(502);
    }

    @Test
    void answers500ForAFileThatCannotBeExecuted() {
        TREE.script("broken", "#!/no/such/interpreter\n");

        assertThat(LEAKS.server().get("/broken").status()).isEqualTo(500);
    }

    @Test
    void endsTheResponseAtTheExitAlthoughAChildHoldsTheSocket() {
        Marker release = new Marker(TREE, "release");
        release.clear();
        TREE.sh(
                "forks",
                Scripts.DIRECT_HEAD + "echo hello\n( " + release.awaitInShell() + " ) &\nexit 0\n");

        assertThat(LEAKS.server().get("/forks").text()).isEqualTo("hello\n");
        release.set();
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void keepsTheConnectionWhileAScriptThatClosedItsOutputRuns() {
        Marker closed = new Marker(TREE, "closed");
        Marker finish = new Marker(TREE, "finish");
        closed.clear();
        finish.clear();
        TREE.sh(
                "closes",
                Scripts.DIRECT_HEAD
                        + "echo hello\nexec >&-\n"
                        + closed.tellInShell()
                        + finish.awaitInShell());
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/closes"));
            closed.await();
            Beside.isServed(LEAKS.server());
            finish.set();
            assertThat(wire.response().text()).isEqualTo("hello\n");
        }
    }

    @Test
    void doesNotLoseAResponseToContentThatNobodyRead() {
        TREE.sh("deaf", Scripts.DIRECT_HEAD + "echo hello\n");
        String content = "0123456789abcdef".repeat(1 << 20);

        for (int i = 0; i < 3; i++) {
            assertThat(LEAKS.server().exchange(Requests.post("/deaf", content)).text())
                    .isEqualTo("hello\n");
        }
    }

    @Test
    void doesNotLoseAResponseToAPipelinedRequest() {
        TREE.sh("slow", "sleep 0.1\n" + Scripts.DIRECT_HEAD + "echo hello\n");
        try (Wire wire = LEAKS.server().open()) {
            Response response =
                    wire.send(Requests.get("/slow") + Requests.get("/quick").repeat(50)).response();

            assertThat(response.text()).isEqualTo("hello\n");
            assertThat(wire.awaitEnd()).isEqualTo(Wire.End.CLOSED);
        }
    }

    @Test
    void passesOnWhateverTheScriptWrites() {
        TREE.sh("nph-free", "printf 'anything at all'\n");
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/nph-free"));
            assertThat(wire.discard(100)).isEqualTo("anything at all".length());
            assertThat(wire.awaitEnd()).isEqualTo(Wire.End.CLOSED);
        }
    }

    @Test
    void givesAHandlerABlockingSocketThatTakesALot() {
        long bytes = 50_000_000;
        TREE.sh("huge", Scripts.DIRECT_HEAD + "head -c " + bytes + " /dev/zero\n");
        try (Wire wire = LEAKS.server().open().renew(Duration.ofMinutes(10))) {
            wire.send(Requests.get("/huge"));
            assertThat(wire.head().status()).isEqualTo(200);
            Beside.isServed(LEAKS.server());
            assertThat(wire.discard(Long.MAX_VALUE)).isEqualTo(bytes);
        }
    }

    @Test
    void endsAScriptThatWritesToAClientThatHasGone() {
        Marker started = new Marker(TREE, "started");
        started.clear();
        TREE.sh(
                "endless",
                "echo $$ > " + started.path() + "\n" + Scripts.DIRECT_HEAD + "exec yes\n");
        int script;
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/endless"));
            script = Integer.parseInt(started.awaitText());
            wire.reset();
        }
        Await.until("the script ended", () -> !Procs.isAlive(script));
        LEAKS.server().awaitNoHandlers();
    }
}

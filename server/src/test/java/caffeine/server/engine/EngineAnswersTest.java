package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Where the response of a script ends, and in what dialect it is, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineAnswersTest {

    private static final String DIRECT = "/";
    private static final String CGI = "/cgi-bin/";
    private static final long QUIET_NS = 500_000_000;
    private static final long NEVER_NS = 3_600_000_000_000L;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private Path root = Path.of("");
    private @Nullable EngineFolder scripts;
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path folder) {
        root = folder;
        EngineFolder made = new EngineFolder(folder);
        scripts = made;
        ServerOptions options = made.options();
        List<RouteOptions> routes =
                List.of(
                        new RouteOptions(
                                "",
                                Map.of(
                                        RouteSetting.MODE,
                                        "direct",
                                        RouteSetting.OUTPUT_QUIET,
                                        QUIET_NS)),
                        EngineFolder.route("/cgi-bin", "cgi", RouteSetting.MODE),
                        EngineFolder.route("/any", "auto", RouteSetting.MODE),
                        EngineFolder.route("/text", "text", RouteSetting.MODE),
                        EngineFolder.route("/cgi-bin/strict", "strict", RouteSetting.EXIT_STATUS),
                        EngineFolder.route("/patient", NEVER_NS, RouteSetting.OUTPUT_QUIET),
                        EngineFolder.route(
                                "/cgi-bin/patient", NEVER_NS, RouteSetting.OUTPUT_QUIET));
        started = kind.start(options.withScripts(options.scripts().withRoutes(routes)));
    }

    @AfterAll
    void stop() {
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    /** For a child that writes later, however late a busy machine has it run. */
    private String patient(String mode, String name, String lines) {
        return script(mode + "patient/", name, lines);
    }

    /** A script of a mode: behind its head these lines. */
    private String script(String mode, String name, String lines) {
        String head =
                mode.startsWith(CGI)
                        ? "printf 'Content-Type: text/plain\\n\\n'"
                        : "printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n'";
        return bare(mode + name, "begin() { " + head + "; }\n" + lines);
    }

    private String bare(String path, String lines) {
        Objects.requireNonNull(scripts).script(path.substring(1), lines);
        return path;
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    }

    private Reply ask(String path) {
        try (WireClient client = engine().connect()) {
            return client.ask(get(path));
        }
    }

    private String waitFor(String name) {
        return "until [ -e '" + root + "/" + name + "' ]; do sleep 0.02; done";
    }

    private void let(String name) throws Exception {
        Files.createFile(root.resolve(name));
    }

    private String pid(String name) {
        return "echo $! >'" + root + "/" + name + ".pid'";
    }

    private void end(String name) {
        int pid = Objects.requireNonNull(scripts).takePid(name);
        assertThat(ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly)).hasValue(true);
    }

    // ---- the end

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void isThatOfTheOutputAndNotOfTheScript(String mode) {
        String path = patient(mode, "piped", "begin; { sleep 0.2; seq 1 200000; } &\nexit 0");
        for (int i = 0; i < 5; i++) {
            assertThat(ask(path).text()).hasSize(1_288_895).endsWith("\n200000\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void isThatOfTheOutputAlsoForASlowReader(String mode) {
        String path = patient(mode, "slow", "begin; { sleep 0.2; head -c 3000000 /dev/zero; } &");
        try (WireClient client = engine().connectWithBuffers(4096)) {
            client.send(get(path));
            for (int i = 0; i < 100; i++) {
                client.receiveSome(1000);
            }
            assertThat(client.reply().content()).hasSize(3_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void comesAfterAHeadThatAChildWrites(String mode) {
        assertThat(ask(patient(mode, "late", "{ sleep 0.2; begin; echo late; } &")).text())
                .isEqualTo("late\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void doesNotWaitForASilentChild(String mode) {
        String name = "holding" + mode.length();
        String path = script(mode, name, "begin; echo page; sleep 600 &\n" + pid(name));
        assertThat(ask(path).text()).isEqualTo("page\n");
        end(name);
    }

    @Test
    void leavesAChildThatWritesLaterAlone() throws Exception {
        String done = root + "/done-" + kind;
        String go = "go-" + kind; // the folder is one for all engines
        String job = waitFor(go) + "; echo step; echo step; touch '" + done + "'";
        assertThat(ask(script(CGI, "job", "begin; echo page; { " + job + "; } &")).text())
                .isEqualTo("page\n");
        let(go);
        Until.holds("the job is done", () -> Files.exists(Path.of(done)));
    }

    @Test
    void doesNotWaitForWhatIsNoPartOfTheResponse() {
        String head = "printf 'Content-Length: 5\\nContent-Type: a/b\\n\\n'";
        String path =
                bare("/cgi-bin/patient/five", head + "; printf hello; sleep 600 &\n" + pid("five"));
        assertThat(ask(path).text()).isEqualTo("hello");
        end("five");
    }

    @Test
    void isWholeWhateverTheExitStatus() {
        String path = script(CGI, "exit", "begin; echo page; exit 3");
        try (WireClient client = engine().connect()) {
            for (int i = 0; i < 20; i++) {
                assertThat(client.ask(get(path)).text()).isEqualTo("page\n");
            }
        }
    }

    @Test
    void isNotWholeAfterASignal() {
        String path = script(CGI, "killed", "begin; echo page; sleep 0.2; kill -9 $$");
        try (WireClient client = engine().connect()) {
            assertThat(client.send(get(path)).untilOver()).doesNotContain("\r\n0\r\n");
            assertThat(client.isReset()).isTrue();
        }
    }

    @Test
    void isNotWholeAfterAFailureWhereThatIsStrict() {
        String path = script("/cgi-bin/strict/", "exit", "begin; echo page; sleep 0.2; exit 3");
        try (WireClient client = engine().connect()) {
            assertThat(client.send(get(path)).untilOver()).doesNotContain("\r\n0\r\n");
            assertThat(client.isReset()).isTrue();
        }
    }

    // ---- the dialect

    @Test
    void isSeenInTheFirstAnswer() {
        String cgi = bare("/any/cgi", "printf 'Content-Type: text/plain\\n\\nas CGI\\n'");
        String http =
                bare(
                        "/any/http",
                        "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 8\\r\\n\\r\\nas HTTP\\n'");
        for (int i = 0; i < 10; i++) {
            assertThat(ask(cgi).text()).isEqualTo("as CGI\n");
            assertThat(ask(http).text()).isEqualTo("as HTTP\n");
        }
    }

    /**
     * Where its engine has descriptors for that, each loop hands it on once it has seen it; and
     * lives longer than a connection.
     */
    @Test
    void givesAScriptTheSocketOnceItIsKnown() {
        String path =
                bare(
                        "/any/which",
                        "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'\n"
                                + "if [ -S /dev/stdout ]; then echo socket; else echo pipe; fi");
        assertThat(ask(path).text()).isEqualTo("pipe\n");
        if (kind.description().hasDescriptors() && !kind.description().isProcessPerConnection()) {
            Until.holds("it has the socket", () -> ask(path).text().equals("socket\n"));
        }
    }

    @Test
    void mayChangeWithTheFile() {
        for (int i = 0; i < 3; i++) {
            String cgi = bare("/any/turns", "printf 'Content-Type: a/b\\n\\n" + i + "'");
            assertThat(ask(cgi).text()).isEqualTo(Integer.toString(i));
            String http =
                    bare("/any/turns", "printf 'HTTP/1.1 200 OK\\r\\n\\r\\nand over to " + i + "'");
            assertThat(ask(http).text()).isEqualTo("and over to " + i);
        }
    }

    @Test
    void mayBeNone() {
        assertThat(ask(bare("/any/neither", "echo hello")).status()).isEqualTo(502);
        assertThat(ask(bare("/any/nothing", "true")).status()).isEqualTo(502);
    }

    @Test
    void mayBeText() {
        Reply reply = ask(bare("/text/fine", "echo 'HTTP/1.1 is no head here'"));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.field("Content-Type")).isEqualTo("text/plain; charset=utf-8");
        assertThat(reply.text()).isEqualTo("HTTP/1.1 is no head here\n");
        assertThat(ask(bare("/text/nothing", "true")).status()).isEqualTo(200);
        assertThat(ask(bare("/text/much", "seq 1 200000")).text()).hasSize(1_288_895);
    }

    @Test
    void ofTextSaysThatItFailed() {
        Reply reply = ask(bare("/text/failed", "echo why; exit 2"));
        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.text()).isEqualTo("why\n");
        Reply silent = ask(bare("/text/silent", "exit 2"));
        assertThat(silent.status()).isEqualTo(500);
        assertThat(silent.text()).isEqualTo("500 Internal Server Error\n");
        try (WireClient client = engine().connect()) {
            client.send(get(bare("/text/late", "seq 1 200000; exit 2")));
            assertThat(client.untilOver())
                    .startsWith("HTTP/1.1 200 OK")
                    .doesNotContain("\r\n0\r\n");
        }
    }
}

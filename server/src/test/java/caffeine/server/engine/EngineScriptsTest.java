package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
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

import java.nio.file.Path;
import java.util.Objects;

/** Scripts in both modes, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineScriptsTest {

    /** A script's folder says its mode. */
    private static final String DIRECT = "/";

    private static final String CGI = "/cgi-bin/";

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private @Nullable EngineFolder scripts;
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path root) {
        scripts = new EngineFolder(root);
        started = kind.start(folder().options());
    }

    @AfterAll
    void stop() {
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private EngineFolder folder() {
        return Objects.requireNonNull(scripts);
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n\r\n";
    }

    private static String post(String target, String content) {
        String length = "Content-Length: " + content.length() + "\r\n\r\n";
        return "POST " + target + " HTTP/1.1\r\nHost: a.test\r\n" + length + content;
    }

    @Test
    void aCgiScriptsConnectionIsKept() {
        try (WireClient client = engine().connect()) {
            for (int i = 0; i < 5; i++) {
                Reply reply = client.ask(get("/cgi-bin/hello/" + i));
                assertThat(reply.text()).isEqualTo("GET /" + i + "\n");
                assertThat(reply.closes()).isFalse();
            }
        }
    }

    @Test
    void pipelinedScriptsAnswerInOrder() {
        try (WireClient client = engine().connect()) {
            client.send(get("/cgi-bin/hello/1") + get("/missing") + get("/cgi-bin/hello/2"));
            assertThat(client.reply().text()).isEqualTo("GET /1\n");
            assertThat(client.reply().status()).isEqualTo(404);
            assertThat(client.reply().text()).isEqualTo("GET /2\n");
        }
    }

    @Test
    void aDirectScriptsConnectionEndsWithIt() {
        try (WireClient client = engine().connect()) {
            assertThat(client.ask(get("/hello/x")).text()).isEqualTo("GET /x\n");
            assertThat(client.untilOver()).isEmpty();
            assertThat(client.isReset()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void contentReachesTheScript(String mode) {
        String small = "some content";
        String large = "0123456789abcdef".repeat(150_000); // not kept in memory
        for (String content : new String[] {small, large}) {
            try (WireClient client = engine().connect()) {
                assertThat(client.ask(post(mode + "echo", content)).text().equals(content))
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void aSlowReaderGetsAllOfALargeResponse(String mode) {
        try (WireClient client = engine().connectWithBuffers(4096)) {
            client.send(get(mode + "big"));
            for (int i = 0; i < 100; i++) {
                client.receiveSome(1000);
            }
            assertThat(client.reply().content()).hasSize(EngineFolder.BIG_BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void aClientThatSendsNoMoreStillGetsItsAnswer(String mode) {
        try (WireClient client = engine().connect()) {
            client.send(get(mode + "gated")).endOutput();
            int _ = folder().takePid("gated"); // it runs: the end has had time to be seen
            folder().openGate();
            assertThat(client.reply().text()).isEqualTo("passed\n");
            assertThat(client.untilOver()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void aScriptEndsWhenItsClientGoes(String mode) {
        try (WireClient client = engine().connectWithBuffers(4096)) {
            client.send(get(mode + "endless"));
            assertThat(client.nextBytes()).startsWith("HTTP/1.1 200 OK");
            int pid = folder().takePid("endless");
            client.reset();
            EngineFolder.awaitGone(pid);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void aScriptThatSaysNothingIsABadGateway(String mode) {
        try (WireClient client = engine().connect()) {
            assertThat(client.ask(get(mode + "silent")).status()).isEqualTo(502);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {DIRECT, CGI})
    void aScriptHasTheVariablesThatItsRouteSets(String mode) {
        try (WireClient client = engine().connect()) {
            assertThat(client.ask(get(mode + "set")).text()).isEqualTo("it is é\n");
        }
    }

    @Test
    void manyAtOnceAllGetTheirOwn() {
        WireClient[] clients = new WireClient[24];
        for (int i = 0; i < clients.length; i++) {
            String mode = i % 2 == 0 ? DIRECT : CGI;
            clients[i] = engine().connect().send(get(mode + "hello/" + i));
        }
        for (int i = 0; i < clients.length; i++) {
            try (WireClient client = clients[i]) {
                assertThat(client.reply().text()).isEqualTo("GET /" + i + "\n");
            }
        }
    }
}

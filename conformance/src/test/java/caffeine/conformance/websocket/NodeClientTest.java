package caffeine.conformance.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Server;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInfo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The {@code ws} of npm as a client, on some engines. */
class NodeClientTest {

    /** Where {@code .ci/run} installs it, and where Debian's node-ws is. */
    private static final Path[] FOLDERS = {
        Repository.root().resolve("conformance/target/npm/node_modules"),
        Path.of("/usr/share/nodejs")
    };

    @BeforeAll
    static void needs() {
        Run.needs("node", "nodejs");
        Assumptions.assumeTrue(
                Stream.of(FOLDERS).anyMatch(folder -> Files.exists(folder.resolve("ws"))),
                "npm's ws is not installed (npm install --prefix conformance/target/npm ws@8)");
    }

    @TestFactory
    Stream<DynamicTest> echoes(TestInfo test) {
        return onEach(test, "echo");
    }

    @TestFactory
    Stream<DynamicTest> compresses(TestInfo test) {
        return onEach(test, "deflate");
    }

    @TestFactory
    Stream<DynamicTest> meetsTheLimit(TestInfo test) {
        return onEach(test, "limit");
    }

    @TestFactory
    Stream<DynamicTest> manyAtOnce(TestInfo test) {
        return EngineKind.some(test).stream()
                .filter(engine -> !engine.isSequential() && !engine.isProcessPerConnection())
                .map(engine -> DynamicTest.dynamicTest(engine + "", () -> check(engine, "many")));
    }

    @TestFactory
    Stream<DynamicTest> talksToAScript(TestInfo test) {
        return onEach(test, "script");
    }

    private static Stream<DynamicTest> onEach(TestInfo test, String what) {
        return EngineKind.some(test).stream()
                .map(engine -> DynamicTest.dynamicTest(engine + "", () -> check(engine, what)));
    }

    private static void check(EngineKind engine, String what) {
        Server.Builder builder =
                what.equals("script")
                        ? Server.of(Repository.root().resolve("examples"), engine)
                        : Server.with("--app", "ws-echo", "--port", "0")
                                .patient()
                                .options(engine.options());
        String most = what.equals("limit") ? "64k" : "2m";
        try (Server server = builder.options("--ws-compress", "--max-message", most).start()) {
            String client = Repository.resources().resolve("websocket/client.js").toString();
            String address = server.url("").replace("http", "ws");
            Run.Outcome outcome =
                    Run.of("node", client, address, what)
                            .with("NODE_PATH", String.join(":", paths()))
                            .outcome();
            assertThat(outcome.exit()).as(outcome + "").isZero();
            server.stop();
        }
    }

    private static String[] paths() {
        return Stream.of(FOLDERS).map(Path::toString).toArray(String[]::new);
    }
}

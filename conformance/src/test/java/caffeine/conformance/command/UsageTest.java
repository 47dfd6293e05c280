package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/** What the command says, and with which exit code, when it does not serve. */
class UsageTest {

    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private static final Tree TREE = new Tree();

    @AfterAll
    static void clean() {
        TREE.close();
    }

    @ParameterizedTest
    @CsvSource({
        "--port, eighty",
        "--port, 70000",
        "--port, -1",
        "--port, ''",
        "--workers, 0",
        "--workers, many",
        "--bind, 127.0.0.1.5",
        "--bind, no.such.host.invalid",
        "--handler-timeout, soon",
        "--handler-timeout, -1",
        "--head-timeout, 0",
        "--max-handlers, 0",
        "--max-queue, -5",
        "--max-connections, 1e3",
        "--max-body, 5q",
        "--max-fields, none",
        "--log-level, LOUD",
    })
    void explainsAValueThatAnOptionCannotTake(String option, String value) {
        assertOneLine(serve().options(option + "=" + value).run(), WRONG_USAGE, option, value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--bogus", "-z", "stray", "--colour=red"})
    void explainsAWordThatItDoesNotKnow(String word) {
        assertOneLine(serve().options(word).run(), WRONG_USAGE, word.replaceFirst("=.*", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--port", "--path", "--log-level"})
    void explainsAnOptionWithoutItsValue(String option) {
        assertOneLine(Server.with(option).run(), WRONG_USAGE, option);
    }

    @Test
    void explainsABusyPort() throws IOException {
        try (var busy = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            String port = Integer.toString(busy.getLocalPort());
            Outcome outcome = Server.with("--path", TREE.root().toString(), "--port", port).run();

            assertOneLine(outcome, FAILED, port, "in use");
        }
    }

    @Test
    void explainsAnAddressThatIsNotThisMachines() {
        Outcome outcome =
                Server.with("--path", TREE.root().toString(), "--port=0", "--bind=192.0.2.1").run();

        assertOneLine(outcome, FAILED, "192.0.2.1");
    }

    @Test
    void explainsAPathThatIsNotThere() {
        Path missing = TREE.resolve("not/there");

        assertOneLine(
                Server.with("--path", missing.toString(), "--port", "0").run(),
                FAILED,
                missing.toString());
        assertThat(missing).doesNotExist();
    }

    @Test
    void explainsAPathThatIsNoFolder() {
        TREE.file("file", "text", "rw-r--r--");

        assertOneLine(
                Server.with("--path", TREE.resolve("file").toString(), "--port", "0").run(),
                FAILED,
                TREE.resolve("file").toString());
    }

    @Test
    void explainsAPathThatCannotBeRead() {
        Run.needs("setpriv", "util-linux");
        Run.needsRoot("start it as somebody who may not read a folder");
        TREE.file("closed/file", "text", "rw-------");
        Run.of("chmod", "755", TREE.root().toString()).output();
        Run.of("chmod", "700", TREE.resolve("closed").toString()).output();
        Server.Builder asNobody =
                Server.with("--path", TREE.resolve("closed").toString(), "--port", "0")
                        .with("HOME", "/nonexistent")
                        .under("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

        assertOneLine(asNobody.runIn(TREE.root()), FAILED, TREE.resolve("closed").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h"})
    void listsItsOptions(String option) {
        Outcome outcome = Server.with(option).run();

        assertThat(outcome.exit()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out())
                .contains("--path", "--port", "--bind", "--workers", "--cgi", "--pass-env")
                .contains("--handler-timeout", "--max-handlers", "--max-queue", "--log-level")
                .contains("8080", "127.0.0.1");
    }

    @Test
    void tellsItsVersion() {
        Outcome outcome = Server.with("--version").run();

        assertThat(outcome.exit()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out()).matches("caffeine \\d+\\.\\d+\\S*\n");
    }

    private static Server.Builder serve() {
        return Server.with("--path", TREE.root().toString());
    }

    /** One line on standard error that names these things, and no trace of the inside. */
    private static void assertOneLine(Outcome outcome, int exit, String... named) {
        assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(exit);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).endsWith("\n").contains(named).doesNotContain("Exception");
        assertThat(outcome.err().lines().toList()).hasSize(1);
    }
}

package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.List;

/** What the log on standard error tells. */
class LogTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS = LeakCheck.serving(TREE, "--log-level", "INFO");

    static {
        TREE.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
        TREE.sh("nph-direct", Scripts.DIRECT_HEAD + "echo hello\n");
        String whole = "printf 'Content-Type: a/b\\nContent-Length: 6\\n\\nhello\\n'\n";
        TREE.sh("cgi-bin/fails", whole + "exit 3\n");
        TREE.sh("fails", Scripts.DIRECT_HEAD + "echo hello\nexit 4\n");
        TREE.sh("cgi-bin/dies", whole + "kill -SEGV $$\n");
        TREE.sh("cgi-bin/warns", "echo 'mind the gap' >&2\nprintf 'half' >&2\n" + Scripts.CGI_HEAD);
        TREE.sh(
                "cgi-bin/forges",
                "printf 'fine\\n\\033[31mred\\033[0m\\rback\\n' >&2\n" + Scripts.CGI_HEAD);
        TREE.file("cgi-bin/data.txt", "no script", "rw-r--r--");
    }

    @Nested
    class AccessLine {

        @Test
        void tellsOfEachCgiExchange() {
            server().get("/cgi-bin/hello?access=1");

            String line = server().log().await("/cgi-bin/hello\\?access=1");
            assertThat(line).contains("127.0.0.1", "GET", " 200 ");
        }

        @Test
        void tellsOfEachDirectExchangeWithoutAStatus() {
            int bytes = server().get("/nph-direct?access=2").text().length();

            assertThat(bytes).isEqualTo(6);
            String line = server().log().await("/nph-direct\\?access=2");
            assertThat(line).contains("127.0.0.1", "GET", " - ");
        }

        @Test
        void tellsOfARequestThatNoScriptAnswered() {
            server().get("/missing?access=3");
            assertThat(server().log().await("/missing\\?access=3")).contains(" 404 ");
        }

        @Test
        void tellsOfAMalformedRequest() {
            server().exchange("GET /bad?access=4 HTTP/1.1\r\n\r\n");
            server().log().await(" 400 ");
        }

        @Test
        void keepsBytesOfTheClientInsideItsLine() {
            server().exchange(Requests.get("/missing?forged", "User-Agent: \t\u00e9\u009b31m"));
            server().log().await("/missing\\?forged");
            assertPrintable(server().log().lines());
        }
    }

    @Nested
    class EndOfAScript {

        @Test
        void warnsOfAStatusThatIsNotZero() {
            server().get("/cgi-bin/fails");
            assertThat(server().log().await("WARN.*/cgi-bin/fails.* 3\\b")).contains("ms");

            server().get("/fails");
            assertThat(server().log().await("WARN.* /fails.* 4\\b")).contains("ms");
        }

        @Test
        void warnsOfASignalByItsName() {
            server().get("/cgi-bin/dies");
            server().log().await("WARN.*/cgi-bin/dies.*SIGSEGV");
        }

        @Test
        void saysWhatToDoAboutAFileThatNobodyCanRun() {
            assertThat(server().get("/cgi-bin/data.txt").status()).isEqualTo(403);
            server().log().await("WARN.*data\\.txt.*(chmod|executable)");
        }
    }

    @Nested
    class StandardError {

        @Test
        void isTaggedWithTheScript() {
            server().get("/cgi-bin/warns");

            server().log().await("cgi-bin/warns.*mind the gap");
            server().log().await("cgi-bin/warns.*half");
        }

        @Test
        void cannotForgeLines() {
            server().get("/cgi-bin/forges");

            server().log().await("cgi-bin/forges.*red");
            assertPrintable(server().log().lines());
        }
    }

    @Nested
    class Level {

        @Test
        void warnLeavesOutAccessLines() {
            try (Server server = Server.of(TREE.root()).options("--log-level", "WARN").start()) {
                server.get("/cgi-bin/hello");
                server.get("/cgi-bin/data.txt");
                server.log().await("WARN.*/cgi-bin/data");
                server.stop();
                assertThat(server.log().lines()).allMatch(line -> line.contains("WARN"));
            }
        }

        @Test
        void debugCitesTheRuleThatARequestBroke() {
            try (Server server = Server.of(TREE.root()).options("--log-level", "DEBUG").start()) {
                server.exchange("GET /cgi-bin/hello HTTP/1.1\r\n\r\n");
                server.log().await("DEBUG.*RFC 9112 §3\\.2");
                server.stop();
            }
        }
    }

    private static void assertPrintable(List<String> lines) {
        assertThat(lines).allMatch(line -> line.chars().noneMatch(LogTest::isControl));
    }

    private static boolean isControl(int c) {
        return c < ' ' || (c >= 0x7f && c < 0xa0);
    }

    private static Server server() {
        return LEAKS.server();
    }
}

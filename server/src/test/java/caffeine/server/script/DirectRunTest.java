package caffeine.server.script;

import static caffeine.server.script.ScriptBench.get;
import static caffeine.server.script.ScriptBench.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** Scripts whose standard output is the client's socket. */
@ExtendWith(NoLeaks.class)
class DirectRunTest {

    private static final String OK = "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'";

    @TempDir Path folder = Path.of("");

    private ScriptBench scripts = new ScriptBench(Path.of("/"));

    @BeforeEach
    void open() {
        scripts.close();
        scripts = new ScriptBench(folder, ScriptBench.directUnlessCgi());
    }

    @AfterEach
    void close() {
        scripts.close();
    }

    private BenchClient asking(String path) {
        return scripts.connect().send(get(path));
    }

    private void untilClosed() {
        scripts.bench.until("it is closed", () -> scripts.bench.connected() == 0);
    }

    @Nested
    class Answers {
        @Test
        void areTheScriptsToTheLastByte() {
            BenchClient client = asking(scripts.direct("x", OK, "echo hello"));
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\n\r\nhello\n");
            client.close();
            untilClosed();
            assertThat(scripts.events.exchanges).containsExactly("GET /x 1 0 25");
            assertThat(scripts.events.outcomes.getFirst()).matches("pid \\d+ exit 0");
            assertThat(scripts.events.ends).containsExactly("/x: exit 0");
        }

        @Test
        void endTheConnection() {
            String path = scripts.direct("x", OK, "echo hello");
            BenchClient client = scripts.connect();
            client.send(get(path) + get(path));
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\n\r\nhello\n");
            assertThat(scripts.events.exchanges).hasSize(1);
        }

        @Test
        void mayFollowThoseOfCgiScriptsOnAConnection() {
            BenchClient client = scripts.connect();
            String cgi = scripts.printing("cgi", "Status: 200\\n\\ncgi");
            assertThat(client.ask(get(cgi)).text()).isEqualTo("cgi");
            client.send(get(cgi) + get(scripts.direct("x", OK, "echo hello")));
            assertThat(client.reply().text()).isEqualTo("cgi");
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\n\r\nhello\n");
            assertThat(scripts.events.exchanges).contains("GET /x 1 0 25");
        }

        @Test
        void ofManyMegabytesReachASlowClient() {
            String path = scripts.direct("x", OK, "head -c 10000000 /dev/zero");
            BenchClient client = scripts.bench.connect(16 * 1024);
            client.send(get(path));
            assertThat(client.untilEnd()).hasSize(19 + 10_000_000);
        }

        @Test
        void maySeeTheContent() {
            String path = scripts.direct("x", OK, "cat");
            BenchClient client = scripts.connect();
            client.send(request("POST " + path + " HTTP/1.1", "Content-Length: 5") + "hello");
            assertThat(client.untilEnd()).endsWith("\r\n\r\nhello");
        }

        @Test
        void reachAClientThatHasEnded() {
            BenchClient client = asking(scripts.direct("x", "sleep 0.05", OK, "echo hello"));
            client.endOutput();
            assertThat(client.untilEnd()).endsWith("hello\n");
            untilClosed();
        }
    }

    @Nested
    class Misbehaviour {
        private void assertBadGateway(String path) {
            BenchClient client = asking(path);
            Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(502);
            assertThat(reply.closes()).isTrue();
            assertThat(client.untilEnd()).isEmpty();
            assertThat(String.join("\n", scripts.events.failures))
                    .contains(path + ": ended without having written a byte");
            assertThat(scripts.events.exchanges).containsExactly("GET " + path + " 1 502 16");
        }

        @Test
        void nothingWrittenIs502() {
            assertBadGateway(scripts.direct("x", "exit 0"));
        }

        @Test
        void nothingWrittenAndAFailureIs502() {
            assertBadGateway(scripts.direct("x", "exit 7"));
            assertThat(scripts.events.failures.getFirst()).contains("exit 7");
        }

        @Test
        void nothingWrittenAndASignalIs502() {
            assertBadGateway(scripts.direct("x", "kill -SEGV $$"));
            assertThat(scripts.events.failures.getFirst()).contains("SIGSEGV");
        }

        @Test
        void closedOutputIs502AtTheEnd() {
            assertBadGateway(scripts.direct("x", "exec >&-", "sleep 0.05"));
        }

        @Test
        void aFailureAfterSomeBytesIsOnlyLogged() {
            BenchClient client = asking(scripts.direct("x", OK, "echo hello", "exit 1"));
            assertThat(client.untilEnd()).endsWith("hello\n");
            assertThat(scripts.events.failures.getFirst()).contains("exit 1");
        }

        @Test
        void aChildThatHoldsTheSocketDoesNotHoldTheResponse() {
            BenchClient client = asking(scripts.direct("x", OK, "sleep 1000 &", "echo hello"));
            assertThat(client.untilEnd()).endsWith("hello\n");
            client.close();
            untilClosed();
        }

        @Test
        void contentThatIsNotReadDoesNotDestroyTheAnswer() {
            String path = scripts.direct("x", OK, "echo unread");
            for (int i = 0; i < 10; i++) {
                BenchClient client = scripts.connect();
                client.send(request("POST " + path + " HTTP/1.1", "Content-Length: 2000000"));
                client.send(new byte[2_000_000]);
                client.send(get("/more").repeat(1000));
                assertThat(client.untilEnd()).endsWith("unread\n");
                client.close();
            }
        }

        @Test
        void noInterpreterIs500() {
            scripts.tree.file("x", 0755, "#!/nowhere/sh\n");
            BenchClient client = asking("/x");
            assertThat(client.reply().status()).isEqualTo(500);
            assertThat(client.untilEnd()).isEmpty();
        }
    }

    @Nested
    class Time {
        @Test
        void thatIsUpBeforeAByteIs504() {
            String path = scripts.direct("x", scripts.reach("running"), scripts.waitFor("never"));
            BenchClient client = asking(path);
            scripts.untilReached("running");
            scripts.bench.pass(50);
            assertThat(scripts.events.failures).isEmpty();
            scripts.bench.pass(10);
            assertThat(client.reply().status()).isEqualTo(504);
            assertThat(client.untilEnd()).isEmpty();
        }

        @Test
        void isForAllOfTheResponse() {
            String path = scripts.direct("x", OK, "echo hello", scripts.waitFor("never"));
            BenchClient client = asking(path);
            client.await("hello");
            scripts.bench.pass(60);
            assertThat(client.untilOver()).endsWith("hello\n");
            scripts.untilIdle();
            assertThat(scripts.events.failures)
                    .containsExactly("/x: was ended after 60000 ms (Deadlines.handlerNs)");
        }

        @Test
        void killsWhoIgnoresToBeAsked() {
            String path =
                    scripts.direct(
                            "x",
                            "trap '' TERM",
                            scripts.reach("running"),
                            scripts.waitFor("never"));
            BenchClient client = asking(path);
            scripts.untilReached("running");
            scripts.bench.pass(60);
            scripts.bench.pass(5);
            assertThat(client.reply().status()).isEqualTo(504);
        }
    }

    @Nested
    class Everywhere {
        @Test
        void scriptsSpeakCgiIfToldSo() {
            scripts.close();
            scripts = new ScriptBench(folder, ScriptBench.cgiEverywhere());
            assertThat(scripts.ask(scripts.direct("x", "printf 'Status: 200\\n\\nhi'")).text())
                    .isEqualTo("hi");
        }

        @Test
        void foldersSendToTheirAddressWithASlash() {
            scripts.direct("sub/index", OK, "echo index");
            Reply reply = scripts.ask("/sub?a=b");
            assertThat(reply.status()).isEqualTo(308);
            assertThat(reply.field("Location")).isEqualTo("/sub/?a=b");
            assertThat(asking("/sub/").untilEnd()).endsWith("index\n");
        }

        @Test
        void whatIsNotThereIs404WithoutAProcess() {
            assertThat(scripts.ask("/nowhere").status()).isEqualTo(404);
            assertThat(scripts.ask("/../etc/passwd").status()).isEqualTo(400);
            assertThat(scripts.events.ends).isEmpty();
            assertThat(scripts.events.failures).isEmpty();
        }
    }
}

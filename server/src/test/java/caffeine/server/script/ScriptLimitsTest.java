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

import java.nio.file.Files;
import java.nio.file.Path;

/** Time for scripts, and how many of them run and wait; with the default 60 s. */
@ExtendWith(NoLeaks.class)
class ScriptLimitsTest {

    private static final String HEAD = "printf 'Content-Type: text/plain\\n\\n'";

    @TempDir Path folder = Path.of("");

    private ScriptBench scripts = new ScriptBench(Path.of("/"));

    @BeforeEach
    void open() {
        scripts.close();
        scripts = new ScriptBench(folder);
    }

    @AfterEach
    void close() {
        scripts.close();
    }

    private BenchClient asking(String path) {
        return scripts.connect().send(get(path));
    }

    private void untilRunning(int count) {
        for (int i = 1; i <= count; i++) {
            scripts.untilReached("running" + i);
        }
    }

    /** A script that waits for the test, and says its argument. */
    private String waiting(int number) {
        return scripts.cgi(
                "wait" + number,
                scripts.reach("running" + number),
                scripts.waitFor("go" + number),
                HEAD,
                "echo " + number);
    }

    @Nested
    class Timeouts {
        @Test
        void beforeTheHeadAre504() {
            BenchClient client = asking(waiting(1));
            untilRunning(1);
            scripts.bench.pass(50);
            assertThat(scripts.events.failures).isEmpty();
            scripts.bench.pass(10);
            Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(504);
            assertThat(reply.closes()).isFalse();
            scripts.untilIdle();
            assertThat(scripts.events.failures.getFirst())
                    .isEqualTo("/cgi-bin/wait1: was ended after 60000 ms (Deadlines.handlerNs)");
        }

        @Test
        void countUntilTheEndOfTheHead() {
            String path =
                    scripts.cgi(
                            "x",
                            "echo 'A: b'",
                            scripts.reach("running1"),
                            scripts.waitFor("go1"),
                            "echo 'Status: 200'",
                            scripts.waitFor("never"));
            BenchClient client = asking(path);
            untilRunning(1);
            scripts.bench.pass(40);
            scripts.let("go1");
            scripts.bench.until("it is read", scripts.bench::isQuiet);
            scripts.bench.pass(20);
            assertThat(client.reply().status()).isEqualTo(504);
        }

        @Test
        void betweenBytesCutTheResponse() {
            String path = scripts.cgi("x", HEAD, "echo hello", scripts.waitFor("never"));
            BenchClient client = asking(path);
            client.await("hello");
            scripts.bench.pass(60);
            assertThat(client.untilOver()).endsWith("hello\n\r\n");
            assertThat(client.isReset()).isTrue();
        }

        @Test
        void beginAgainWithEachByte() {
            String path =
                    scripts.cgi(
                            "x",
                            HEAD,
                            "echo 1",
                            scripts.waitFor("go1"),
                            "echo 2",
                            scripts.waitFor("go2"),
                            "echo 3");
            BenchClient client = asking(path);
            for (int i = 1; i <= 2; i++) {
                client.await("\r\n" + i + "\n\r\n");
                scripts.bench.pass(50);
                scripts.let("go" + i);
            }
            assertThat(client.reply().text()).isEqualTo("1\n2\n3\n");
        }

        @Test
        void doNotCountTheTimeThatTheClientTakes() {
            String path = scripts.cgi("x", HEAD, "head -c 2000000 /dev/zero");
            BenchClient client = scripts.bench.connect(8 * 1024);
            client.send(get(path, "Connection: close"));
            scripts.bench.until(
                    "it is stuck", () -> client.transport().unsentBytes() >= 256 * 1024);
            for (int i = 0; i < 5; i++) {
                scripts.bench.pass(25);
                long before = client.transport().unsentBytes();
                scripts.bench.until(
                        "it takes some",
                        () -> {
                            client.receiveSome(4096);
                            return client.transport().unsentBytes() < before;
                        });
            }
            assertThat(client.reply().content()).hasSize(2_000_000);
        }

        @Test
        void killWhoIgnoresToBeAskedAfterFiveSeconds() {
            String path =
                    scripts.cgi(
                            "x",
                            "trap '' TERM",
                            scripts.reach("running1"),
                            scripts.waitFor("never"));
            BenchClient client = asking(path);
            untilRunning(1);
            scripts.bench.pass(60);
            assertThat(client.reply().status()).isEqualTo(504);
            scripts.bench.pass(4.9);
            for (int i = 0; i < 20; i++) {
                scripts.bench.loop.doWork(5_000_000);
            }
            assertThat(scripts.scripts.isIdle()).isFalse();
            scripts.bench.pass(0.1);
            scripts.untilIdle();
            assertThat(scripts.events.ends).containsExactly("/cgi-bin/x: SIGKILL");
        }

        @Test
        void takeTheChildrenAlong() throws Exception {
            String child =
                    "trap '' TERM; echo $$ >"
                            + folder.resolve("told")
                            + "; mv "
                            + folder.resolve("told")
                            + " "
                            + folder.resolve("child")
                            + "; ";
            String path =
                    scripts.cgi(
                            "x",
                            "sh -c \""
                                    + child.replace("$$", "\\$\\$")
                                    + scripts.waitFor("never")
                                    + "\" &",
                            scripts.waitFor("child"),
                            scripts.reach("running1"),
                            scripts.waitFor("never"));
            BenchClient client = asking(path);
            untilRunning(1);
            int pid = Integer.parseInt(Files.readString(folder.resolve("child")).strip());
            assertThat(scripts.isAlive(pid)).isTrue();
            scripts.bench.pass(60);
            assertThat(client.reply().status()).isEqualTo(504);
            scripts.untilIdle();
            scripts.bench.until("the child is gone", () -> !scripts.isAlive(pid));
        }

        @Test
        void mayBeSwitchedOff() {
            scripts.close();
            scripts = new ScriptBench(folder, ScriptBench.withoutTimeout());
            BenchClient client = asking(waiting(1));
            untilRunning(1);
            scripts.bench.pass(86_400);
            scripts.let("go1");
            assertThat(client.reply().text()).isEqualTo("1\n");
        }
    }

    @Nested
    class ClientsThatGo {
        @Test
        void endTheirScript() {
            BenchClient client = asking(waiting(1));
            untilRunning(1);
            client.reset();
            scripts.untilIdle();
            assertThat(scripts.events.ends).containsExactly("/cgi-bin/wait1: SIGTERM");
            assertThat(scripts.events.failures).isEmpty();
            assertThat(scripts.events.exchanges).containsExactly("GET /cgi-bin/wait1 1 -1 0");
        }

        @Test
        void inTheMiddleOfTheResponseEndTheirScript() {
            String path = scripts.cgi("x", HEAD, "yes");
            BenchClient client = asking(path);
            scripts.bench.until("some has come", () -> client.receiveSome(1000) > 0);
            client.reset();
            scripts.untilIdle();
        }

        @Test
        void inTheMiddleOfTheContentStartNone() {
            String path = waiting(1);
            BenchClient client = scripts.connect();
            client.send(request("POST " + path + " HTTP/1.1", "Content-Length: 3000000"));
            client.send(new byte[2_000_000]);
            client.reset();
            scripts.bench.until("it is closed", () -> scripts.bench.connected() == 0);
            assertThat(scripts.events.exchanges).containsExactly("POST /cgi-bin/wait1 1 -1 0");
            assertThat(scripts.scripts.isIdle()).isTrue();
        }

        @Test
        void thatOnlyEndTheirInputGetTheirAnswer() {
            BenchClient client = asking(waiting(1));
            client.endOutput();
            untilRunning(1);
            scripts.let("go1");
            assertThat(client.reply().text()).isEqualTo("1\n");
            assertThat(client.untilEnd()).isEmpty();
        }
    }

    @Nested
    class Slots {
        @BeforeEach
        void oneRunsAndOneWaits() {
            scripts.close();
            scripts = new ScriptBench(folder, ScriptBench.handlers(1, 1));
        }

        @Test
        void whenAllAreTakenARequestWaits() {
            BenchClient first = asking(waiting(1));
            untilRunning(1);
            BenchClient second = asking(waiting(2));
            scripts.bench.until("it is quiet", scripts.bench::isQuiet);
            scripts.let("go2");
            assertThat(scripts.bench.isQuiet()).isTrue();
            scripts.let("go1");
            assertThat(first.reply().text()).isEqualTo("1\n");
            assertThat(second.reply().text()).isEqualTo("2\n");
        }

        @Test
        void whenTooManyWaitOneMoreIs503() {
            BenchClient first = asking(waiting(1));
            untilRunning(1);
            BenchClient second = asking(waiting(2));
            BenchClient third = asking(waiting(3));
            Reply reply = third.reply();
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.field("Retry-After")).isEqualTo("1");
            assertThat(reply.closes()).isFalse();
            assertThat(scripts.events.limits).containsExactly("max-queue");
            scripts.let("go1");
            scripts.let("go2");
            assertThat(first.reply().text()).isEqualTo("1\n");
            assertThat(second.reply().text()).isEqualTo("2\n");
            scripts.let("go3");
            assertThat(third.ask(get("/cgi-bin/wait3")).text()).isEqualTo("3\n");
        }

        @Test
        void whoGoesWhileWaitingGivesUpItsPlace() {
            BenchClient first = asking(waiting(1));
            untilRunning(1);
            BenchClient second = asking(waiting(2));
            scripts.bench.until("it is quiet", scripts.bench::isQuiet);
            second.reset();
            scripts.bench.until("it is closed", () -> scripts.bench.connected() == 1);
            BenchClient third = asking(waiting(3));
            scripts.bench.until("it is quiet", scripts.bench::isQuiet);
            scripts.let("go1");
            scripts.let("go3");
            assertThat(first.reply().text()).isEqualTo("1\n");
            assertThat(third.reply().text()).isEqualTo("3\n");
            assertThat(scripts.events.ends).hasSize(2);
        }

        @Test
        void aScriptThatCannotStartGivesItsSlotBack() {
            scripts.tree.file("cgi-bin/broken", 0755, "#!/nowhere/sh\n");
            scripts.tree.file("broken", 0755, "#!/nowhere/sh\n");
            String fine = scripts.printing("fine", "Status: 200\\n\\nfine");
            for (int i = 0; i < 3; i++) {
                assertThat(scripts.ask("/cgi-bin/broken").status()).isEqualTo(500);
                assertThat(scripts.ask("/broken").status()).isEqualTo(500);
                assertThat(scripts.ask(fine).text()).isEqualTo("fine");
            }
        }

        @Test
        void aScriptThatCannotStartFromTheQueueGivesItsSlotToTheNext() {
            scripts.tree.file("cgi-bin/broken", 0755, "#!/nowhere/sh\n");
            BenchClient first = asking(waiting(1));
            untilRunning(1);
            BenchClient second = asking("/cgi-bin/broken");
            scripts.bench.until("it is quiet", scripts.bench::isQuiet);
            scripts.let("go1");
            assertThat(first.reply().text()).isEqualTo("1\n");
            assertThat(second.reply().status()).isEqualTo(500);
            String fine = scripts.printing("fine", "Status: 200\\n\\nfine");
            assertThat(second.ask(get(fine)).text()).isEqualTo("fine");
        }

        @Test
        void aLocalRedirectFindsTheSlotOfItsFirstScriptFree() {
            String to = scripts.printing("to", "Status: 200\\n\\nto");
            String from = scripts.saying("from", "Location: " + to + "\n");
            assertThat(scripts.ask(from).text()).isEqualTo("to");
        }

        @Test
        void manyRequestsAllGetTheirAnswerInTheEnd() {
            scripts.close();
            scripts = new ScriptBench(folder, ScriptBench.handlers(2, 100));
            String path = scripts.cgi("x", HEAD, "echo $QUERY_STRING");
            BenchClient[] clients = new BenchClient[30];
            for (int i = 0; i < clients.length; i++) {
                clients[i] = asking(path + "?" + i);
            }
            for (int i = 0; i < clients.length; i++) {
                assertThat(clients[i].reply().text()).isEqualTo(i + "\n");
            }
        }
    }

    @Nested
    class Stopping {
        @Test
        void asksAllToEndAndThenEndsThem() {
            BenchClient first = asking(waiting(1));
            BenchClient second =
                    asking(
                            scripts.cgi(
                                    "x",
                                    "trap '' TERM",
                                    scripts.reach("running2"),
                                    scripts.waitFor("never")));
            untilRunning(2);
            scripts.scripts.endAll();
            assertThat(first.reply().status()).isEqualTo(502);
            assertThat(scripts.scripts.isIdle()).isFalse();
            scripts.scripts.killAll();
            scripts.untilIdle();
            assertThat(second.reply().status()).isEqualTo(502);
        }
    }
}

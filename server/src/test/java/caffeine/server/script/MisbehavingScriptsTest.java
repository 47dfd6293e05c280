package caffeine.server.script;

import static caffeine.server.script.ScriptBench.get;
import static caffeine.server.script.ScriptBench.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;

/** CGI scripts that do what they should not, each with its exact outcome (DESIGN §5). */
@ExtendWith(NoLeaks.class)
class MisbehavingScriptsTest {

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

    /** Asks for 502 on a connection that goes on, and waits until the script is gone. */
    private void assertGarbage(String path) {
        BenchClient client = scripts.connect();
        Reply reply = client.ask(get(path));
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.text()).isEqualTo("502 Bad Gateway\n");
        assertThat(reply.field("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(reply.closes()).isFalse();
        scripts.untilIdle();
        assertThat(scripts.events.failures).isNotEmpty();
        assertThat(scripts.events.failures.getFirst()).startsWith(path + ": ");
        String fine = scripts.printing("fine", "Status: 200\\n\\nfine");
        assertThat(client.ask(get(fine)).text()).isEqualTo("fine");
    }

    private BenchClient asking(String path) {
        return scripts.connect().send(get(path));
    }

    /** The response is cut so that no client takes it for whole. */
    private String assertCut(BenchClient client) {
        String text = client.untilOver();
        assertThat(client.isReset()).isTrue();
        assertThat(text).doesNotEndWith("0\r\n\r\n");
        return text;
    }

    @Nested
    class Garbage {
        @Test
        void nothing() {
            assertGarbage(scripts.cgi("x", "exit 0"));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "hello",
                    "hello\\n\\n",
                    "Content-Type: a/b\\n",
                    "Content-Type: a/b",
                    "\\n\\nno field",
                    "A: b\\n\\nneither type nor status",
                    "Content-Type : a/b\\n\\n",
                    "Content-Type: a/b\\n folded\\n\\n",
                    "Content-Type: a\\rb\\n\\n",
                    "Content-Type: a\\000b\\n\\n",
                    "Content-Type: a/b\\nX: a\\nb\\n\\n",
                    "Content-Type: a/b\\nTransfer-Encoding: chunked\\n\\n0\\r\\n\\r\\n",
                    "Content-Type: a/b\\nContent-Length: 1\\nContent-Length: 2\\n\\nab",
                    "Content-Type: a/b\\nContent-Length: -1\\n\\nab",
                    "Status: 30\\n\\n",
                    "Status: 1000\\n\\n",
                    "Status: 199\\n\\n",
                    "Status: 100\\n\\n",
                    "Status: fine\\n\\n",
                    "Status: 200\\nStatus: 404\\n\\n",
                    "Location: /a b\\n\\n",
                })
        void anythingElse(String output) {
            assertGarbage(scripts.printing("x", output));
        }

        @Test
        void aHeadOfOneMegabyte() {
            assertGarbage(
                    scripts.cgi("x", "printf 'X: '", "head -c 1000000 /dev/zero | tr '\\0' a"));
        }

        @Test
        void aHeadWithoutEnd() {
            assertGarbage(scripts.cgi("x", "while :; do echo X: y; done"));
        }

        @Test
        void fromAScriptThatFailedGets502Too() {
            assertGarbage(scripts.cgi("x", "exit 3"));
            assertThat(String.join("\n", scripts.events.failures)).contains("exit 3");
        }
    }

    @Nested
    class LengthsThatLie {
        @Test
        void aboutMoreCutTheResponse() {
            String lie = "printf 'Status: 200\\nContent-Length: 10\\n\\nhello'";
            BenchClient client = asking(scripts.cgi("x", lie, scripts.waitFor("go")));
            client.await("hello");
            scripts.let("go");
            assertThat(assertCut(client)).endsWith("\r\n\r\nhello");
        }

        @Test
        void aboutLessDropTheRest() {
            String path = scripts.printing("x", "Status: 200\\nContent-Length: 3\\n\\nhello");
            BenchClient client = scripts.connect();
            assertThat(client.ask(get(path)).text()).isEqualTo("hel");
            assertThat(client.ask(get(path)).text()).isEqualTo("hel");
        }
    }

    @Nested
    class Endings {
        @Test
        void bySignalInTheMiddleOfTheResponseCutIt() {
            String path = scripts.cgi("x", HEAD, "echo part", scripts.waitFor("go"), "kill -9 $$");
            BenchClient client = asking(path);
            client.await("part");
            scripts.let("go");
            assertThat(assertCut(client))
                    .contains("Transfer-Encoding: chunked")
                    .endsWith("part\n\r\n");
            scripts.untilIdle();
            assertThat(scripts.events.failures.getFirst()).contains("SIGKILL");
            assertThat(scripts.events.outcomes.getFirst()).contains("SIGKILL");
        }

        private void assertCutAfter(String part, String path) {
            BenchClient client = asking(path);
            client.await(part);
            scripts.let("go");
            assertCut(client);
        }

        @Test
        void bySignalBeforeAByteOfTheResponseHasGoneOutAre502() {
            String path = scripts.cgi("x", HEAD, "echo part", "kill -9 $$");
            BenchClient client = asking(path);
            scripts.untilStarted();
            scripts.untilEndedUnseen();
            Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(502);
            assertThat(reply.text()).isEqualTo("502 Bad Gateway\n");
            assertThat(reply.closes()).isFalse();
            assertThat(scripts.events.exchanges).containsExactly("GET " + path + " 1 502 16");
            assertThat(client.ask(get("/nowhere")).status()).isEqualTo(404);
        }

        @Test
        void bySignalWithAnErrorOfItsOwnCutIt() {
            String said = "printf 'Status: 500\\n\\nmy mis'";
            assertCutAfter("my mis", scripts.cgi("x", said, scripts.waitFor("go"), "kill -9 $$"));
        }

        @Test
        void byFailureAfterAllThatWasDeclaredAreFine() {
            String path =
                    scripts.cgi("x", "printf 'Status: 200\\nContent-Length: 2\\n\\nhi'", "exit 1");
            assertThat(scripts.ask(path).text()).isEqualTo("hi");
        }

        @Test
        void byFailureWithAnErrorOfItsOwnAreFine() {
            String path = scripts.cgi("x", "printf 'Status: 500\\n\\nmy mistake'", "exit 1");
            Reply reply = scripts.ask(path);
            assertThat(reply.status()).isEqualTo(500);
            assertThat(reply.text()).isEqualTo("my mistake");
        }

        @Test
        void bySignalOfASmallOneForHttp10Are502() {
            String path = scripts.cgi("x", HEAD, "echo part", "kill -9 $$");
            BenchClient client = scripts.connect();
            client.send("GET " + path + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertThat(client.reply().status()).isEqualTo(502);
        }

        @Test
        void bySignalBeforeAnyOutputAre502() {
            assertGarbage(scripts.cgi("x", "kill -SEGV $$"));
        }

        @Test
        void ofTheWholeGroupHarmNobodyElse() {
            String slow = scripts.cgi("slow", scripts.waitFor("go"), HEAD, "echo slow");
            BenchClient other = asking(slow);
            assertThat(scripts.ask(scripts.cgi("x", "kill -KILL 0")).status()).isEqualTo(502);
            scripts.let("go");
            assertThat(other.reply().text()).isEqualTo("slow\n");
        }

        @Test
        void withoutReadingTheContentAreFine() {
            String path = scripts.cgi("x", HEAD, "echo unread");
            BenchClient client = scripts.connect();
            client.send(request("POST " + path + " HTTP/1.1", "Content-Length: 16777216"));
            client.send(new byte[16 << 20]);
            assertThat(client.reply().text()).isEqualTo("unread\n");
            assertThat(client.ask(get(path)).text()).isEqualTo("unread\n");
        }
    }

    @Nested
    class BackgroundChildren {
        private static final long QUIET_NS = 200_000_000;
        private static final long NEVER_NS = 3_600_000_000_000L;

        private String failures() {
            return String.join("\n", scripts.events.failures);
        }

        private void withQuiet(long ns) {
            scripts.close();
            scripts = new ScriptBench(folder, ScriptBench.outputQuiet(ns));
        }

        @Test
        void thatHoldThePipeInSilenceEndTheResponseWhole() {
            withQuiet(QUIET_NS);
            String path = scripts.cgi("x", HEAD, "sleep 1000 &", "echo hello");
            BenchClient client = scripts.connect();
            assertThat(client.ask(get(path)).text()).isEqualTo("hello\n");
            assertThat(failures())
                    .contains("its response was ended after 200 ms without output")
                    .containsPattern("pid \\d+ \\(sleep\\) holds its output open");
            assertThat(client.ask(get(path)).text()).isEqualTo("hello\n");
            assertThat(scripts.scripts.isIdle()).isTrue();
        }

        @Test
        void thatWriteAfterTheQuietPeriodLiveOnAndAreTold() {
            withQuiet(QUIET_NS);
            String job =
                    scripts.waitFor("go") + "; echo late; echo later; " + scripts.reach("done");
            String path = scripts.cgi("x", HEAD, "echo hello", "(" + job + ") &");
            BenchClient client = scripts.connect();
            assertThat(client.ask(get(path)).text()).isEqualTo("hello\n");
            scripts.let("go");
            scripts.untilReached("done");
            scripts.bench.until(
                    "it is told", () -> failures().contains("11 bytes came after a quiet period"));
        }

        @Test
        void thatWriteOnAreWaitedFor() {
            withQuiet(NEVER_NS);
            String job = scripts.waitFor("go") + "; echo step; " + scripts.waitFor("on");
            String path = scripts.cgi("x", HEAD, "(" + job + "; echo end) &");
            BenchClient client = asking(path);
            scripts.untilIdle(); // its own process has ended
            scripts.let("go");
            client.await("step");
            scripts.let("on");
            assertThat(client.reply().text()).isEqualTo("step\nend\n");
            assertThat(failures()).isEmpty();
        }

        @Test
        void mayWriteTheHead() {
            withQuiet(NEVER_NS);
            String job = scripts.waitFor("go") + "; " + HEAD + "; echo hello";
            BenchClient client = asking(scripts.cgi("x", "(" + job + ") &"));
            scripts.untilIdle();
            scripts.let("go");
            assertThat(client.reply().text()).isEqualTo("hello\n");
        }

        @Test
        void thatNeverWriteAHeadAre502() {
            withQuiet(QUIET_NS);
            assertThat(scripts.ask(scripts.cgi("x", "sleep 1000 &")).status()).isEqualTo(502);
        }

        @Test
        void areNotWaitedForWhenTheDeclaredLengthIsThere() {
            withQuiet(NEVER_NS);
            String path =
                    scripts.cgi(
                            "x",
                            "printf 'Content-Length: 5\n'",
                            HEAD,
                            "printf hello",
                            "sleep 1000 &");
            BenchClient client = scripts.connect();
            assertThat(client.ask(get(path)).text()).isEqualTo("hello");
            assertThat(client.ask(get(path)).text()).isEqualTo("hello");
        }

        @Test
        void areNotWaitedForBeforeALocalRedirect() {
            withQuiet(NEVER_NS);
            String to = scripts.printing("to", "Status: 200\\n\\nthere");
            String path = scripts.cgi("x", "printf 'Location: " + to + "\n\n'", "sleep 1000 &");
            assertThat(scripts.ask(path).text()).isEqualTo("there");
        }

        @Test
        void thatGoOnWritingDoNotKeepOthersWaiting() {
            String path = scripts.cgi("x", HEAD, "yes &", "sleep 0.1");
            BenchClient client = asking(path);
            client.await("y\ny\n");
            String fine = scripts.printing("fine", "Status: 200\\n\\nfine");
            assertThat(scripts.ask(fine).text()).isEqualTo("fine");
            client.close();
        }

        @Test
        void ofWhichTheClientTakesItsTimeAreSentWhole() {
            withQuiet(QUIET_NS);
            String writing = "head -c 5000000 /dev/zero &";
            String path = scripts.cgi("x", HEAD, writing, scripts.waitFor("go"));
            BenchClient client = scripts.bench.connect(8 * 1024);
            client.send(get(path, "Connection: close"));
            scripts.bench.until(
                    "all is full",
                    () -> client.transport().unsentBytes() > 0 && scripts.bench.isQuiet());
            scripts.let("go");
            scripts.untilIdle();
            assertThat(client.reply().content()).hasSize(5_000_000);
            assertThat(client.untilEnd()).isEmpty();
            assertThat(failures()).isEmpty();
        }

        @Test
        void areLeftAloneWhenTheClientGoes() {
            withQuiet(NEVER_NS);
            String job = scripts.waitFor("go") + "; echo late; " + scripts.reach("done");
            BenchClient client = asking(scripts.cgi("x", HEAD, "echo hello", "(" + job + ") &"));
            client.await("hello");
            scripts.untilIdle();
            client.reset();
            scripts.bench.until("the client is gone", () -> scripts.bench.connected() == 0);
            scripts.let("go");
            scripts.untilReached("done");
        }
    }

    @Nested
    class ExitStatuses {
        @Test
        void ofFailureChangeNothing() {
            String path = scripts.cgi("x", HEAD, "echo page", "exit 1");
            BenchClient client = scripts.connect();
            for (int i = 0; i < 20; i++) {
                Reply reply = client.ask(get(path));
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.text()).isEqualTo("page\n");
            }
            assertThat(scripts.events.failures.getFirst()).contains("exit 1");
        }

        private void strict() {
            scripts.close();
            scripts =
                    new ScriptBench(
                            folder, ScriptBench.everywhere(RouteSetting.EXIT_STATUS, "strict"));
        }

        @Test
        void thatAreStrictCutAResponseUnderWay() {
            strict();
            BenchClient client =
                    asking(scripts.cgi("x", HEAD, "echo part", scripts.waitFor("go"), "exit 1"));
            client.await("part");
            scripts.let("go");
            assertCut(client);
        }

        @Test
        void thatAreStrictMakeA502OfOneThatHasNotGoneOut() {
            strict();
            BenchClient client = asking(scripts.cgi("x", HEAD, "echo part", "exit 1"));
            scripts.untilStarted();
            scripts.untilEndedUnseen();
            assertThat(client.reply().status()).isEqualTo(502);
        }

        @Test
        void thatAreStrictLeaveAnErrorOfTheScript() {
            strict();
            Reply reply = scripts.ask(scripts.cgi("x", "printf 'Status: 500\n\nmine'", "exit 1"));
            assertThat(reply.text()).isEqualTo("mine");
        }
    }

    @Nested
    class Heads {
        @Test
        void thatAreNoneAreShownInTheLog() {
            assertThat(scripts.ask(scripts.printing("x", "<!--: \\033spam\\nx")).status())
                    .isEqualTo(502);
            assertThat(scripts.events.failures)
                    .containsExactly(
                            "/cgi-bin/x: a line without a valid field name: \"<!--: \\x1bspam\""
                                    + " (RFC 3875 §6.3); write \"Content-Type: text/plain\" and an"
                                    + " empty line first");
        }

        @Test
        void thatDoNotEndAreShownAsFarAsTheyCame() {
            assertThat(scripts.ask(scripts.printing("x", "hello")).status()).isEqualTo(502);
            assertThat(scripts.events.failures.getFirst())
                    .startsWith("/cgi-bin/x: the output ends in the head: \"hello\" (");
        }

        @Test
        void withTwoEqualContentTypesHaveOne() {
            String type = "Content-Type: a/b\\n";
            Reply reply = scripts.ask(scripts.printing("x", type + type + "\\npage"));
            assertThat(reply.head()).containsOnlyOnce("Content-Type: a/b");
            assertThat(scripts.events.failures.getFirst()).contains("wrote Content-Type twice");
        }

        @Test
        void withTwoContentTypesAre502() {
            String path = scripts.printing("x", "Content-Type: a/b\\nContent-Type: a/c\\n\\n");
            assertThat(scripts.ask(path).status()).isEqualTo(502);
        }
    }

    @Nested
    class ClosedOutput {
        @Test
        void doesNotEndTheResponseBeforeTheScript() {
            String path = scripts.cgi("x", HEAD, "echo hello", "exec >&-", scripts.waitFor("go"));
            BenchClient client = asking(path);
            client.await("hello");
            scripts.bench.until("it is quiet", scripts.bench::isQuiet);
            assertThat(scripts.events.exchanges).isEmpty();
            scripts.let("go");
            scripts.untilIdle();
            assertThat(scripts.events.exchanges).containsExactly("GET /cgi-bin/x 1 200 6");
        }

        @Test
        void withoutAResponseIs502AtTheEnd() {
            assertGarbage(scripts.cgi("x", "exec >&-", "sleep 0.05"));
        }

        @Test
        void withoutAnEndIsCutWhenTimeIsUp() {
            String path = scripts.cgi("x", HEAD, "echo hello", "exec >&-", scripts.waitFor("go"));
            BenchClient client = asking(path);
            client.await("hello");
            scripts.bench.until("it is quiet", scripts.bench::isQuiet);
            scripts.bench.pass(60);
            assertCut(client);
            scripts.untilIdle();
        }
    }

    @Nested
    class StandardError {
        @Test
        void mayBeFilled() {
            String path =
                    scripts.cgi(
                            "x", "head -c 1000000 /dev/zero | tr '\\0' e >&2", HEAD, "echo done");
            assertThat(scripts.ask(path).text()).isEqualTo("done\n");
            scripts.bench.until(
                    "all is told",
                    () ->
                            scripts.events.said.stream().mapToInt(l -> l.length() - 14).sum()
                                    >= 990_000);
            assertThat(scripts.events.said).allMatch(line -> line.startsWith("/cgi-bin/x: e"));
        }

        @Test
        void isNoPartOfTheResponse() {
            String path = scripts.cgi("x", "echo oops >&2", HEAD, "echo done");
            assertThat(scripts.ask(path).text()).isEqualTo("done\n");
            scripts.bench.until("it is told", () -> !scripts.events.said.isEmpty());
            assertThat(scripts.events.said).containsExactly("/cgi-bin/x: oops");
        }
    }

    @Nested
    class ScriptFiles {
        @Test
        void thatAreDeletedAre404() throws Exception {
            String path = scripts.cgi("x", HEAD, "echo hello");
            assertThat(scripts.ask(path).status()).isEqualTo(200);
            Files.delete(folder.resolve("cgi-bin/x"));
            assertThat(scripts.ask(path).status()).isEqualTo(404);
        }

        @Test
        void thatLoseTheirRunBitAre403() {
            String path = scripts.cgi("x", HEAD, "echo hello");
            assertThat(scripts.ask(path).status()).isEqualTo(200);
            scripts.tree.mode("cgi-bin/x", 0644);
            assertThat(scripts.ask(path).status()).isEqualTo(403);
            assertThat(scripts.ask(path + "/any/number/of/addresses").status()).isEqualTo(403);
            // One name for all, so that the log's gate against floods holds.
            assertThat(scripts.events.failures)
                    .hasSize(2)
                    .allMatch(failure -> failure.startsWith("scripts: "))
                    .allMatch(failure -> failure.contains("/cgi-bin/x is not executable"));
        }

        @Test
        void withoutTheirInterpreterAre500() {
            scripts.tree.file("cgi-bin/x", 0755, "#!/nowhere/sh\n");
            assertThat(scripts.ask("/cgi-bin/x").status()).isEqualTo(500);
            assertThat(scripts.events.failures.getFirst()).contains("ENOENT", "#!");
        }

        @Test
        void thatAreNoProgramsAre500() {
            scripts.tree.file("cgi-bin/x", 0755, "\u007fELF for another machine");
            assertThat(scripts.ask("/cgi-bin/x").status()).isEqualTo(500);
            assertThat(scripts.events.failures.getFirst()).contains("ENOEXEC");
        }

        @Test
        void whoseInterpreterIsMissingAre500() {
            scripts.close();
            Interpreter missing = new Interpreter("zz", "no-such-program", false);
            scripts = new ScriptBench(folder, ScriptBench.interpreters(missing));
            scripts.tree.file("cgi-bin/x.zz", 0644, "text");
            assertThat(scripts.ask("/cgi-bin/x.zz").status()).isEqualTo(500);
            assertThat(scripts.events.failures.getFirst()).contains("no-such-program", "install");
        }
    }
}

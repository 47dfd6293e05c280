package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Mismatch;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.stream.Stream;

/** CGI scripts that misbehave, each with its exact outcome, and a quick client beside each. */
class CgiScriptTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        Beside.prepare(TREE);
    }

    @AfterEach
    void nobodyElseIsHarmed() {
        Beside.isServed(LEAKS.server());
    }

    static Stream<Arguments> garbage() {
        return Stream.of(
                Arguments.of("nothing", "exit 0"),
                Arguments.of("a failure alone", "exit 9"),
                Arguments.of("a signal alone", "kill -KILL $$"),
                Arguments.of("garbage", "echo this is no field section"),
                Arguments.of("no blank line", "printf 'Content-Type: a/b\\n'"),
                Arguments.of("no field", "printf '\\nhello'"),
                Arguments.of("a CR in a value", "printf 'Content-Type: a/b\\nX: a\\rb\\n\\nx'"),
                Arguments.of("a NUL in a value", "printf 'Content-Type: a/b\\nX: a\\0b\\n\\nx'"),
                Arguments.of("a blank in a name", "printf 'Content-Type: a/b\\nX Y: a\\n\\nx'"),
                Arguments.of("a folded line", "printf 'Content-Type: a/b\\nX: a\\n b\\n\\nx'"),
                Arguments.of("no name", "printf 'Content-Type: a/b\\n: a\\n\\nx'"),
                Arguments.of("no word for status", "printf 'Status: fine\\n\\nx'"),
                Arguments.of("status 30", "printf 'Status: 30\\n\\nx'"),
                Arguments.of("status 1000", "printf 'Status: 1000\\n\\nx'"),
                Arguments.of("status 600", "printf 'Status: 600\\n\\nx'"),
                Arguments.of("two statuses", "printf 'Status: 200\\nStatus: 404\\n\\nx'"),
                Arguments.of(
                        "two lengths", "printf 'Content-Length: 1\\nContent-Length: 2\\n\\nx'"),
                Arguments.of("no number as length", "printf 'Content-Length: 0x1\\n\\nx'"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("garbage")
    void answers502For(String what, String code) {
        TREE.sh("cgi-bin/bad", code + "\n");

        Response response = LEAKS.server().get("/cgi-bin/bad");

        assertThat(response.status()).as(what).isEqualTo(502);
        assertThat(response.text()).doesNotContain("bad", TREE.root().toString());
    }

    @Test
    void answers502ForAHeaderOf1Mb() {
        TREE.sh("cgi-bin/long", "printf 'X-A: '; head -c 1000000 /dev/zero | tr '\\0' a; echo\n");
        TREE.sh("cgi-bin/many", "yes 'X-A: 0123456789' | head -n 70000; echo; echo x\n");

        assertThat(LEAKS.server().get("/cgi-bin/long").status()).isEqualTo(502);
        assertThat(LEAKS.server().get("/cgi-bin/many").status()).isEqualTo(502);
    }

    @Test
    void cutsAResponseThatIsShorterThanItSaid() {
        Marker seen = new Marker(TREE, "seen");
        TREE.sh(
                "cgi-bin/short",
                "printf 'Content-Type: a/b\\nContent-Length: 10\\n\\nhello'\n"
                        + seen.awaitInShell());

        assertCut("/cgi-bin/short", seen);
    }

    @Test
    void answers502WhenTheLengthIsKnownToBeWrongInTime() {
        TREE.sh("cgi-bin/short", "printf 'Content-Type: a/b\\nContent-Length: 10\\n\\nhello'\n");
        try (Wire wire = LEAKS.server().open()) {
            Response head = wire.send(Requests.get("/cgi-bin/short")).head();

            // Which of both depends on whether the script's end came together with its output.
            if (head.status() != 502) {
                assertThat(head.field("Content-Length")).isEqualTo("10");
                assertThatThrownBy(() -> wire.want(() -> wire.available() >= 10, "content"))
                        .hasMessageMatching("(?s).*(closed|reset).*");
            }
        }
    }

    @Test
    void sendsNoMoreThanAScriptAnnounced() {
        TREE.sh(
                "cgi-bin/long",
                "printf 'Content-Type: a/b\\n"
                        + "Content-Length: 5\\n"
                        + "\\n"
                        + "hello'; sleep 0.1; printf ' you'\n");
        try (Wire wire = LEAKS.server().open()) {
            String request = Requests.get("/cgi-bin/long", "Connection: close");
            Response response = wire.send(request).response();

            assertThat(response.status()).isIn(200, 502);
            if (response.status() == 200) {
                assertThat(response.text()).isEqualTo("hello");
                wire.awaitEnd();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill -SEGV $$", "kill -KILL $$", "kill -KILL 0"})
    void neverMakesAFailureInMidResponseLookComplete(String end) {
        Marker seen = new Marker(TREE, "seen");
        String begun = Scripts.CGI_HEAD + "echo begun\n" + seen.awaitInShell();
        TREE.sh("cgi-bin/dies", begun + end + "\n");

        assertCut("/cgi-bin/dies", seen);
    }

    @Test
    void takesAResponseOneByteAtATime() {
        TREE.sh(
                "cgi-bin/drips",
                Scripts.CGI_HEAD + "for i in 1 2 3 4 5; do printf $i; sleep 0.05; done\n");

        assertThat(LEAKS.server().get("/cgi-bin/drips").text()).isEqualTo("12345");
    }

    @Test
    void takesAHeaderOneByteAtATime() {
        TREE.python(
                "cgi-bin/drips",
                """
                import os, time
                for b in b'Content-Type: a/b\\nX-A: b\\n\\nhello':
                    os.write(1, bytes([b]))
                    time.sleep(0.002)
                """);

        Response response = LEAKS.server().get("/cgi-bin/drips");
        assertThat(response.field("X-A")).isEqualTo("b");
        assertThat(response.text()).isEqualTo("hello");
    }

    @Test
    void endsTheResponseAtTheScriptsExitAlthoughAChildHoldsThePipe() {
        Marker release = new Marker(TREE, "release");
        release.clear();
        TREE.sh(
                "cgi-bin/forks",
                Scripts.CGI_HEAD + "echo hello\n( " + release.awaitInShell() + " ) &\nexit 0\n");

        assertThat(LEAKS.server().get("/cgi-bin/forks").text()).isEqualTo("hello\n");
        release.set();
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void awaitsTheExitOfAScriptThatClosesItsOutput() {
        Marker closed = new Marker(TREE, "closed");
        Marker finish = new Marker(TREE, "finish");
        closed.clear();
        finish.clear();
        TREE.sh(
                "cgi-bin/closes",
                Scripts.CGI_HEAD
                        + "echo hello\nexec >&-\n"
                        + closed.tellInShell()
                        + finish.awaitInShell());
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/cgi-bin/closes"));
            closed.await();
            Beside.isServed(LEAKS.server());
            finish.set();
            assertThat(wire.response().text()).isEqualTo("hello\n");
        }
    }

    @Test
    void survivesAScriptThatFillsItsStandardError() {
        TREE.sh(
                "cgi-bin/noise",
                "head -c 3000000 /dev/zero | tr '\\0' e >&2\nyes noise | head -n 20000 >&2\n"
                        + Scripts.CGI_HEAD
                        + "echo hello\n");

        assertThat(LEAKS.server().get("/cgi-bin/noise").text()).isEqualTo("hello\n");
    }

    @Test
    void survivesAScriptThatKillsItsProcessGroup() {
        TREE.sh("cgi-bin/kills", "kill -KILL 0\n");

        assertThat(LEAKS.server().get("/cgi-bin/kills").status()).isEqualTo(502);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "exec <&-\n", "head -c 3 >/dev/null\n"})
    void doesNotCareWhetherAScriptReadsItsContent(String reads) {
        TREE.sh("cgi-bin/deaf", reads + Scripts.CGI_HEAD + "echo hello\n");
        String content = "0123456789abcdef".repeat(1 << 20);
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.post("/cgi-bin/deaf", content));
            assertThat(wire.response().text()).isEqualTo("hello\n");
            wire.send(Requests.get("/cgi-bin/quick"));
            assertThat(wire.response().text()).isEqualTo("quick\n");
        }
    }

    @Test
    void findsAScriptAnewForEachRequest() throws IOException {
        TREE.sh("cgi-bin/changes", Scripts.CGI_HEAD + "echo one\n");
        Path file = TREE.resolve("cgi-bin/changes");
        try (Wire wire = LEAKS.server().open()) {
            assertThat(ask(wire).text()).isEqualTo("one\n");
            TREE.sh("cgi-bin/changes", Scripts.CGI_HEAD + "echo two\n");
            assertThat(ask(wire).text()).isEqualTo("two\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            assertThat(ask(wire).status()).isEqualTo(403);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(ask(wire).text()).isEqualTo("two\n");
            Files.delete(file);
            assertThat(ask(wire).status()).isEqualTo(404);
        }
    }

    @Test
    void redirectsToItselfOnlySoOften() throws IOException {
        TREE.sh(
                "cgi-bin/loops",
                "echo x >> "
                        + TREE.resolve("hops")
                        + "\nprintf 'Location: /cgi-bin/loops\\n\\n'\n");

        assertThat(LEAKS.server().get("/cgi-bin/loops").status()).isEqualTo(500);
        assertThat(Files.readAllLines(TREE.resolve("hops"))).hasSize(1 + 10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"#!/no/such/interpreter\n", "#!/etc/passwd\n", "\u007fELFgarbage"})
    void answers500ForAFileThatCannotBeExecuted(String text) {
        TREE.script("cgi-bin/broken", text);

        assertThat(LEAKS.server().get("/cgi-bin/broken").status()).isEqualTo(500);
        LEAKS.server().log().await("(WARN|ERROR).*cgi-bin/broken.*E(NOENT|NOEXEC|ACCES)");
    }

    @Test
    void answers500ForAProgramOfAnotherMachine() throws IOException {
        Path program = TREE.resolve("cgi-bin/foreign");
        TREE.script("cgi-bin/foreign", "");
        byte[] bytes = Files.readAllBytes(Path.of("/bin/true"));
        bytes[18] = 0x08; // e_machine: MIPS (man 5 elf)
        bytes[19] = 0;
        Files.write(program, bytes);

        assertThat(LEAKS.server().get("/cgi-bin/foreign").status()).isEqualTo(500);
    }

    @Test
    void endsAScriptWhoseClientHasGone() {
        Marker started = new Marker(TREE, "gone-started");
        started.clear();
        TREE.sh(
                "cgi-bin/endless",
                Scripts.CGI_HEAD + "echo $$ > " + started.path() + "\nsleep 600 & wait\n");
        int script;
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/cgi-bin/endless"));
            script = Integer.parseInt(started.awaitText());
            wire.head();
            wire.reset();
        }
        Await.until("the script ended", () -> !Procs.isAlive(script));
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void endsAScriptThatIgnoresTermWhenItsClientHasGone() {
        Marker started = new Marker(TREE, "deaf-started");
        started.clear();
        TREE.sh(
                "cgi-bin/stubborn",
                "trap '' TERM\necho $$ > " + started.path() + "\nwhile :; do sleep 1; done\n");
        int script;
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/cgi-bin/stubborn"));
            script = Integer.parseInt(started.awaitText());
            wire.reset();
        }
        Beside.isServed(LEAKS.server());
        Await.until("the script ended", () -> !Procs.isAlive(script));
        LEAKS.server().awaitNoHandlers();
    }

    @Test
    void givesALotToASlowClientInBoundedMemory() {
        long bytes = Boolean.getBoolean("caffeine.full") ? 10_000_000_000L : 300_000_000L;
        TREE.sh(
                "cgi-bin/huge",
                "printf 'Content-Type: a/b\\nContent-Length: "
                        + bytes
                        + "\\n\\n'\n"
                        + "head -c "
                        + bytes
                        + " /dev/zero\n");
        Server server = LEAKS.server();
        try (Wire wire = server.open().renew(Duration.ofMinutes(10))) {
            wire.send(Requests.get("/cgi-bin/huge"));
            assertThat(wire.head().status()).isEqualTo(200);
            long before = privateKiB(server);
            long seen = wire.discard(1_000_000);
            Beside.isServed(server);
            seen += wire.discard(bytes / 2);
            assertThat(privateKiB(server)).isLessThan(before + 64 * 1024);
            seen += wire.discard(bytes - seen);
            assertThat(seen).isEqualTo(bytes);
        }
    }

    private static long privateKiB(Server server) {
        return server.workers().stream().mapToLong(Procs::privateKiB).sum();
    }

    private static Response ask(Wire wire) {
        return wire.send(Requests.get("/cgi-bin/changes")).response();
    }

    /**
     * @param seen what the script waits for: its end must not come together with its output
     */
    private static void assertCut(String target, Marker seen) {
        seen.clear();
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get(target));
            assertThat(wire.head().status()).isEqualTo(200);
            seen.set();
            assertThatThrownBy(() -> wire.want(() -> wire.has("0\r\n\r\n"), "an end"))
                    .isInstanceOf(Mismatch.class)
                    .hasMessageMatching("(?s).*(closed|reset).*");
        }
    }
}

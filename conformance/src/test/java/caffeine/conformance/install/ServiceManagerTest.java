package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a service manager hears from the server (man 3 sd_notify), at a real datagram socket. */
class ServiceManagerTest {

    /** Writes each datagram to a file, a line each; Java has no such sockets. */
    private static final String HEAR =
            """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1].replace('@', '\\0'))
            out = open(sys.argv[2], 'w')
            print('bound', flush=True)
            while True:
                print(s.recv(4096).decode().replace('\\n', '|'), file=out, flush=True)
            """;

    private final Tree tree = new Tree();
    private final Path socket = tree.resolve("notify");
    private final Path heard = tree.resolve("heard");
    private Process manager;

    @BeforeEach
    void listen() throws IOException {
        Run.needs("python3", "python3");
        tree.sh("site/hello", Scripts.DIRECT_HEAD + "echo hello\n");
        manager = listen(socket.toString());
    }

    private Process listen(String name) throws IOException {
        Process process = new ProcessBuilder("python3", "-c", HEAR, name, heard.toString()).start();
        assertThat(process.inputReader().readLine()).isEqualTo("bound");
        return process;
    }

    @AfterEach
    void clean() {
        manager.destroyForcibly();
        tree.close();
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void hearsOfReadinessHealthAndTheEnd(EngineKind engine) {
        Marker started = new Marker(tree, "started");
        Marker finish = new Marker(tree, "finish");
        tree.sh(
                "site/waits",
                Scripts.DIRECT_HEAD
                        + started.tellInShell()
                        + finish.awaitInShell()
                        + "echo done\n");
        try (Server server =
                Server.of(tree.resolve("site"), engine)
                        .with("NOTIFY_SOCKET", socket.toString())
                        .with("WATCHDOG_USEC", "100000")
                        .start()) {
            await("READY=1|STATUS=listening on " + server.url("") + " (");
            Await.until(
                    () -> "several signs of life: " + heard(),
                    Await.PATIENCE,
                    () -> heard().stream().filter("WATCHDOG=1"::equals).count() > 3);
            try (Wire wire = server.open()) {
                wire.send("GET /waits HTTP/1.1\r\nHost: x\r\n\r\n");
                started.await();
                server.signal("TERM");
                await("STOPPING=1|");
                assertThat(server.isAlive()).isTrue();
                finish.set();
                assertThat(wire.response().text()).isEqualTo("done\n");
            }
            assertThat(server.awaitExit()).isZero();
        }
        assertThat(heard().getFirst()).startsWith("READY=1|");
    }

    @Test
    void isNotToldOfLifeWhenItDoesNotAsk() {
        try (Server server =
                Server.of(tree.resolve("site"))
                        .with("NOTIFY_SOCKET", socket.toString())
                        .with("WATCHDOG_USEC", "1000")
                        .with("WATCHDOG_PID", "1")
                        .start()) {
            assertThat(server.get("/hello").text()).isEqualTo("hello\n");
            server.stop();
        }
        await("STOPPING=1|");
        assertThat(heard()).hasSize(2);
    }

    @Test
    void mayHaveANameInsteadOfAFile() throws IOException {
        String name = "@caffeine-test-" + ProcessHandle.current().pid();
        Process nameless = manager;
        manager = listen(name);
        nameless.destroyForcibly();
        try (Server server = Server.of(tree.resolve("site")).with("NOTIFY_SOCKET", name).start()) {
            await("READY=1|STATUS=listening on " + server.url("") + " (");
            server.stop();
        }
        await("STOPPING=1|");
    }

    @Test
    void mayBeGone() {
        manager.destroyForcibly();
        for (String where : List.of(socket.toString(), "/nowhere", "@abstract", "x")) {
            try (Server server =
                    Server.of(tree.resolve("site")).with("NOTIFY_SOCKET", where).start()) {
                assertThat(server.get("/hello").text()).isEqualTo("hello\n");
                server.stop();
            }
        }
    }

    /** Good or bad, done at once or not at all: it is ready again in the end. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void hearsOfReloads(EngineKind engine) {
        String config = "path = \"site\"\n";
        tree.file("caffeine.toml", config, "rw-r--r--");
        try (Server server =
                Server.of(tree.resolve("site"), engine)
                        .options("--config", tree.resolve("caffeine.toml").toString())
                        .with("NOTIFY_SOCKET", socket.toString())
                        .start()) {
            awaitLines(1);
            tree.file("caffeine.toml", config + "nonsense = 1\n", "rw-r--r--");
            server.signal("HUP");
            awaitLines(3);
            tree.file("caffeine.toml", config, "rw-r--r--");
            server.signal("HUP");
            awaitLines(5);
            assertThat(server.get("/hello").text()).isEqualTo("hello\n");
            assertThat(heard())
                    .element(1)
                    .asString()
                    .matches("RELOADING=1\\|MONOTONIC_USEC=[1-9]\\d+");
            assertThat(heard()).element(2).isEqualTo(heard().getFirst());
            assertThat(heard()).element(3).asString().startsWith("RELOADING=1|");
            assertThat(heard()).element(4).isEqualTo(heard().getFirst());
            server.stop();
        }
    }

    @Test
    void hearsOfWhatAReloadHasChanged() {
        String config = "path = \"site\"\nengine = \"sharded\"\nthreads = ";
        tree.file("caffeine.toml", config + "1\n", "rw-r--r--");
        try (Server server =
                Server.with("--config", tree.resolve("caffeine.toml").toString(), "--port", "0")
                        .with("NOTIFY_SOCKET", socket.toString())
                        .start()) {
            String status = "READY=1|STATUS=listening on " + server.url("") + " (sharded, ";
            await(status + "1 thread)");
            tree.file("caffeine.toml", config + "2\n", "rw-r--r--");
            server.signal("HUP");
            await(status + "2 threads)");
            server.stop();
        }
    }

    /** The files that the package brings along, by systemd's own judgement. */
    @Test
    void unitsAreWellFormed() throws IOException {
        Run.needs("systemd-analyze", "systemd");
        Path units = Repository.root().resolve("packaging/systemd");
        for (String unit : List.of("caffeine@.service", "caffeine@.socket")) {
            // What is not installed here is no mistake of theirs.
            String text =
                    Files.readString(units.resolve(unit))
                            .replace("/usr/bin/caffeine", "/bin/true")
                            .replaceAll("Documentation=.*", "");
            tree.file("units/" + unit, text, "rw-r--r--");
        }
        Outcome outcome =
                Run.of(
                                "systemd-analyze",
                                "verify",
                                "--man=no",
                                "caffeine@.service",
                                "caffeine@.socket")
                        .in(tree.resolve("units"))
                        .outcome();
        assertThat(outcome.err() + outcome.out()).doesNotContain("caffeine@");
        assertThat(outcome.exit()).as(outcome.toString()).isZero();
    }

    private void await(String beginning) {
        Await.until(
                () -> beginning + " in " + heard(),
                Await.PATIENCE,
                () -> heard().stream().anyMatch(line -> line.startsWith(beginning)));
    }

    private void awaitLines(int count) {
        Await.until(
                () -> count + " lines in " + heard(),
                Await.PATIENCE,
                () -> heard().size() == count);
    }

    private List<String> heard() {
        try {
            return Files.exists(heard) ? Files.readAllLines(heard) : List.of();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Load;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
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
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** SIGHUP: another configuration, and nobody notices but by what it says. */
class ReloadTest {

    /** Of processes they take a second each. */
    private static int reloads(EngineKind engine) {
        if (engine.isProcessPerConnection()) {
            return 2; // each starts processes, and so does each request of the load
        }
        return engine.equals(EngineKind.PREFORK) && !Boolean.getBoolean("caffeine.full") ? 5 : 20;
    }

    private Tree tree;
    private Path file;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        tree.sh("one/cgi-bin/hello", Scripts.CGI_HEAD + "echo one\n");
        tree.sh("two/cgi-bin/hello", Scripts.CGI_HEAD + "echo two\n");
        file = tree.resolve("caffeine.toml");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    private void configure(String... lines) {
        try {
            Files.writeString(file, String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(String folder) {
        configure("path = \"" + tree.resolve(folder) + "\"");
    }

    private Server start(EngineKind engine, String... options) {
        return of().options(engine.options()).options(options).start();
    }

    private Server.Builder of() {
        return Server.with("--config", file.toString(), "--port", "0").patient();
    }

    private static void reload(Server server, int done) {
        server.signal("HUP");
        Await.until(
                () -> "reload " + done + ": " + server.log().matching("reload"),
                Await.PATIENCE,
                () -> server.log().matching("INFO .*reload: done").size() == done);
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someInEveryWay")
    void losesNoRequest(EngineKind engine) throws Exception {
        configure("app = \"hello\"", "max-body = 100");
        try (Server server = start(engine, "--log-level", "INFO", "--access-log", "/dev/null")) {
            List<Load> loads = new ArrayList<>(List.of(Load.connecting(server, "/", 4)));
            if (!engine.isSequential()) {
                loads.add(Load.of(server, "/", 4));
            }
            for (int i = 1; i <= reloads(engine); i++) {
                configure("app = \"hello\"", "max-body = " + 100 * i);
                reload(server, i);
                for (Load load : loads) {
                    load.awaitAnswers(engine.isProcessPerConnection() ? 1 : 10);
                }
            }
            for (Load load : loads) {
                load.stop();
                assertThat(load.lost()).isZero();
            }
            assertThat(server.log().lines())
                    .noneMatch(line -> line.matches(".* (WARN|ERROR) (?!.*runs as root).*"));
            server.stop();
            server.awaitNothingLeft();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void servesByTheNewConfigurationAndLetsRunningScriptsGoOn(EngineKind engine) {
        engine.servesSeveralAtOnce();
        Marker started = new Marker(tree, "started");
        Marker finish = new Marker(tree, "finish");
        String wait = started.tellInShell() + finish.awaitInShell();
        tree.sh("one/cgi-bin/waits", Scripts.CGI_HEAD + "echo begun\n" + wait + "echo done\n");
        tree.sh("one/waits", Scripts.DIRECT_HEAD + "echo begun\n" + wait + "echo done\n");
        serve("one");
        try (Server server = start(engine);
                Wire cgi = server.open();
                Wire direct = server.open()) {
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("one\n");
            cgi.send(Requests.get("/cgi-bin/waits"));
            started.await();
            started.clear();
            direct.send(Requests.get("/waits"));
            started.await();
            serve("two");
            reload(server, 1);
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("two\n");
            finish.set();
            Response response = cgi.response();
            assertThat(response.text()).isEqualTo("begun\ndone\n");
            assertThat(response.status()).isEqualTo(200);
            assertThat(direct.response().text()).isEqualTo("begun\ndone\n");
            assertThat(server.get("/cgi-bin/waits").status()).isEqualTo(404);
            server.stop();
            server.awaitNothingLeft();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someSized")
    void changesHowManyThereAre(EngineKind engine) {
        serve("one");
        boolean hasLoops = List.of(EngineKind.PREFORK, EngineKind.SHARDED).contains(engine);
        try (Server server = of().options("--engine", engine.name()).start()) {
            for (int count : new int[] {5, 1, 3}) {
                configure("path = \"" + tree.resolve("two") + "\"", engine.size() + " = " + count);
                int done = server.log().matching("reload: done").size();
                reload(server, done + 1);
                for (int i = 0; i < 8; i++) {
                    assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("two\n");
                }
                if (hasLoops) {
                    Await.until(
                            () -> count + " loops: " + server.loops(),
                            Await.PATIENCE,
                            () -> server.loops() == count);
                }
            }
            server.stop();
            server.awaitNothingLeft();
        }
    }

    @Test
    void keepsTheOldConfigurationIfTheNewIsBad() {
        serve("one");
        try (Server server = start(EngineKind.PREFORK)) {
            configure("path = 5");
            server.signal("HUP");
            server.log().await("ERROR .*reload: .*caffeine.toml:1: path: .*; the configuration");
            configure("prot = 1", "max-fields = 0", "routes.\"/a\".mode = \"x\"");
            server.signal("HUP");
            server.log().await("ERROR .*reload: .*caffeine.toml:1: there is no key \"prot\"");
            server.log().await("ERROR .*reload: .*caffeine.toml:2: max-fields: ");
            server.log().await("ERROR .*reload: .*caffeine.toml:3: .*; the configuration stays");
            serve("missing");
            server.signal("HUP");
            server.log().await("ERROR .*reload: .*missing.*; the configuration stays as it was");
            String two = "path = \"" + tree.resolve("two") + "\"";
            configure(two, "access-log = \"" + tree.resolve("nowhere/x") + "\"");
            server.signal("HUP");
            server.log().await("ERROR .*reload: .*/nowhere/x.*; the configuration stays as it was");
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("one\n");
            serve("two");
            reload(server, 1);
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("two\n");
            server.stop();
        }
    }

    @Test
    void saysWhatNeedsARestart() {
        serve("one");
        try (Server server = start(EngineKind.PREFORK)) {
            configure("path = \"" + tree.resolve("two") + "\"", "bind = \"::1\"", "threads = 9");
            reload(server, 1);
            assertThat(server.log().await("WARN .*reload"))
                    .endsWith(
                            "reload: the address, the port, the engine and the user stay as they"
                                    + " were until a restart");
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("two\n");
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someInEveryWay")
    void keepsItsAddressesWhateverTheNewConfigurationSaysOfThem(EngineKind engine) {
        String[] binds = {"--bind", "127.0.0.1", "--bind", "127.0.0.2"};
        String bind = "bind = [\"127.0.0.1\", \"127.0.0.3\"]";
        serve("one");
        configure("path = \"" + tree.resolve("one") + "\"", bind);
        try (Server server = start(engine, binds)) {
            configure("path = \"" + tree.resolve("two") + "\"", bind);
            reload(server, 1);
            assertThat(hellos(server, "127.0.0.1")).isEqualTo("two\n");
            assertThat(hellos(server, "127.0.0.2")).isEqualTo("two\n");
            server.stop();
        }
        try (Server server = start(engine)) {
            configure("path = \"" + tree.resolve("one") + "\"", "bind = \"127.0.0.1\"");
            reload(server, 1);
            assertThat(server.log().await("WARN .*reload"))
                    .endsWith("the user stay as they were until a restart");
            assertThat(hellos(server, "127.0.0.3")).isEqualTo("one\n");
            server.stop();
        }
    }

    /** What several clients read at an address. */
    private static String hellos(Server server, String address) {
        String text = "";
        for (int i = 0; i < 5; i++) {
            try (Wire wire =
                    Wire.connect(
                            new InetSocketAddress(InetAddress.ofLiteral(address), server.port()),
                            Await.PATIENCE)) {
                text = wire.send(Requests.get("/cgi-bin/hello")).response().text();
            }
        }
        return text;
    }

    @Test
    void doesNotKeepWhatLostItsTerminalAlive() {
        Run.needs("python3", "python3");
        serve("one");
        // The launcher leads the session of a terminal that is closed once it listens.
        String code =
                """
                import os, pty, sys
                pid, terminal = pty.fork()
                if pid == 0:
                    os.execv(sys.argv[1], sys.argv[1:])
                seen = b''
                while b'listening on' not in seen:
                    seen += os.read(terminal, 4096)
                os.close(terminal)
                print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                """;
        Run.Outcome outcome =
                Server.with("--config", file.toString(), "--port", "0", "--workers", "1")
                        .under("python3", "-c", code)
                        .run();
        assertThat(outcome.out()).isEqualTo("0\n");
    }
}

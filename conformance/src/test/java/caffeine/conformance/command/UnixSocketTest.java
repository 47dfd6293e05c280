package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** {@code --bind unix:}, as a proxy in front of the server uses it. */
class UnixSocketTest {

    private static final Tree TREE = new Tree();
    private static final String ADDRESSES =
            "echo \"$REMOTE_ADDR|$REMOTE_HOST|$REMOTE_PORT|$SERVER_NAME|$SERVER_PORT\"\n";

    static {
        TREE.sh("cgi-bin/who", Scripts.CGI_HEAD + ADDRESSES);
        TREE.sh("direct", Scripts.DIRECT_HEAD + "echo direct\n" + ADDRESSES + "cat\n");
        TREE.sh("silent", "exit 3\n");
        TREE.sh("cgi-bin/slow", "sleep 0.3\n" + Scripts.CGI_HEAD + "echo done\n");
    }

    private Path socket;

    @BeforeEach
    void choose() {
        socket = TREE.resolve("web.sock");
    }

    @AfterAll
    static void clean() {
        TREE.close();
    }

    private Server.Builder of(EngineKind engine) {
        return Server.with("--path", TREE.root().toString(), "--bind", "unix:" + socket)
                .patient()
                .options(engine.options());
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void servesAndRemovesItsFile(EngineKind engine) throws IOException {
        try (Server server = of(engine).options("--bind-mode", "0640").start()) {
            assertThat(server.out().lines().getFirst()).startsWith("listening on unix:" + socket);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-r-----");
            try (Wire wire = server.open()) {
                assertThat(wire.send(Requests.get("/cgi-bin/who")).response().text())
                        .isEqualTo("unix:|unix:|0|conformance.test|80\n");
                String withPort = "GET /cgi-bin/who HTTP/1.1\r\nHost: example.com:8443\r\n\r\n";
                assertThat(wire.send(withPort).response().text())
                        .isEqualTo("unix:|unix:|0|example.com|8443\n");
                String withoutHost = "GET /cgi-bin/who HTTP/1.0\r\n\r\n";
                assertThat(wire.send(withoutHost).response().text())
                        .isEqualTo("unix:|unix:|0|localhost|80\n");
            }
            Response direct = server.exchange(Requests.post("/direct", "content"));
            assertThat(direct.text())
                    .isEqualTo("direct\nunix:|unix:|0|conformance.test|80\ncontent");
            assertThat(server.get("/silent").status()).isEqualTo(502);
            server.log().await("unix: \"GET /silent HTTP/1.1\" 502 .*");
            server.stop();
            assertThat(socket).doesNotExist();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void answersWhoHasConnectedBeforeItStops(EngineKind engine) {
        try (Server server = of(engine).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/cgi-bin/slow"));
            server.signal("TERM");
            assertThat(wire.response().text()).isEqualTo("done\n");
            assertThat(server.awaitExit()).isZero();
        }
    }

    @Test
    void replacesTheFileOfAKilledServerAndSparesALivingOne() {
        try (Server killed = of(EngineKind.SHARDED).start()) {
            killed.signal("KILL");
            killed.awaitExit();
            assertThat(socket).exists();
        }
        try (Server living = of(EngineKind.SHARDED).start()) {
            Run.Outcome second = of(EngineKind.SHARDED).run();
            assertThat(second.exit()).isEqualTo(1);
            assertThat(second.err())
                    .isEqualTo(
                            "caffeine: cannot listen on unix:"
                                    + socket
                                    + ": another server listens there; stop it, or name another"
                                    + " file\n");
            assertThat(living.get("/cgi-bin/who").status()).isEqualTo(200);
            living.stop();
        }
    }

    @Test
    void isShownUnderItsName() {
        String name = "unix-" + ProcessHandle.current().pid();
        try (Tree home = new Tree()) {
            String path = home.root().toString();
            Run.Outcome started =
                    of(EngineKind.SHARDED).with("HOME", path).options("-n", name, "-d").run();
            try {
                assertThat(started.out()).startsWith("listening on unix:" + socket + " (sharded");
                assertThat(Server.with("-L").with("HOME", path).run().out())
                        .contains(name)
                        .contains("unix:" + socket);
            } finally {
                Run.Outcome stopped = Server.with("-s", "-n", name).with("HOME", path).run();
                assertThat(stopped.exit()).isZero();
            }
            assertThat(socket).doesNotExist();
        }
    }

    @Test
    void refusesWhatMeansNothingBesideIt() {
        assertUsage("--port: \"80\" has no effect with --bind unix:; leave it out", "-p", "80");
        assertUsage(
                "--max-connections-per-address: \"1\" has no effect with --bind unix:, whose"
                        + " clients have none; leave it out",
                "--max-connections-per-address=1");
        assertUsage(
                "--bind-mode: \"8\" is not a mode; give permissions in octal, as in 0660",
                "--bind-mode=8");
        assertUsage(
                "--bind: \"unix:web.sock\" names no socket; give a whole path, as in"
                        + " unix:/run/caffeine/web.sock",
                "--bind=unix:web.sock");
        Run.Outcome without = Server.with("--app=hello", "--bind=::1", "--bind-mode=0600").run();
        assertThat(without.err())
                .isEqualTo(
                        "caffeine: --bind-mode: \"0600\" has no effect without --bind"
                                + " unix:/path/of/socket; leave it out\n");
        assertThat(without.exit()).isEqualTo(2);
    }

    /** Clients of both kinds, each with what it has of an address. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void standsBesideATcpSocket(EngineKind engine) {
        Server.Builder both =
                of(engine)
                        .options("--bind=127.0.0.1", "--port=0")
                        .options("--max-connections-per-address=100");
        try (Server server = both.start()) {
            String line = server.out().lines().getFirst();
            assertThat(line).startsWith("listening on unix:" + socket + " and http://127.0.0.1:");
            String port = line.replaceFirst(".*127.0.0.1:(\\d+) .*", "$1");
            InetSocketAddress tcp =
                    new InetSocketAddress(
                            InetAddress.ofLiteral("127.0.0.1"), Integer.parseInt(port));
            for (int i = 0; i < 3; i++) {
                assertThat(server.get("/cgi-bin/who").text())
                        .isEqualTo("unix:|unix:|0|conformance.test|80\n");
                try (Wire wire = Wire.connect(tcp, Await.PATIENCE)) {
                    assertThat(wire.send(Requests.get("/cgi-bin/who")).response().text())
                            .startsWith("127.0.0.1|127.0.0.1|")
                            .endsWith("|conformance.test|" + port + "\n");
                }
            }
            server.stop();
            assertThat(socket).doesNotExist();
        }
    }

    private void assertUsage(String message, String... options) {
        Run.Outcome outcome = of(EngineKind.SHARDED).options(options).run();
        assertThat(outcome.err()).isEqualTo("caffeine: " + message + "\n");
        assertThat(outcome.exit()).isEqualTo(2);
    }
}

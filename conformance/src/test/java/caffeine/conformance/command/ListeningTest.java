package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;

/** What the command serves, where it listens, and what it says when it does. */
class ListeningTest {

    private static final Tree TREE = new Tree();

    static {
        TREE.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo \"hello $SERVER_NAME $REMOTE_ADDR\"\n");
    }

    @AfterAll
    static void clean() {
        TREE.close();
    }

    @Test
    void saysOneLineWhenEveryWorkerIsReady() {
        try (Server server = Server.with("--path", TREE.root().toString(), "--port", "0").start()) {
            assertThat(server.workers()).hasSize(4);
            assertThat(server.get("/cgi-bin/hello").status()).isEqualTo(200);
            server.stop();
            Await.until("standard output ended", () -> server.out().ended());
            assertThat(server.out().lines())
                    .containsExactly(
                            "listening on http://127.0.0.1:"
                                    + server.port()
                                    + " (prefork, 4 workers)");
        }
    }

    @Test
    void makesItsDefaultFolderWithAFriendlyHint() {
        try (Server server = Server.with("--port", "0", "-w", "1").start()) {
            Path folder = server.home().resolve(".config/caffeine");
            assertThat(folder).isDirectory();
            server.log().await(Pattern.quote(folder.toString()));
            assertThat(server.get("/").status()).isEqualTo(404);
            server.stop();
        }
    }

    @Test
    void servesAnExistingDefaultFolderWithoutAWord() throws IOException {
        try (Tree home = new Tree()) {
            home.sh(".config/caffeine/cgi-bin/hi", Scripts.CGI_HEAD + "echo hi\n");
            Server.Builder builder =
                    Server.with("--port", "0", "-w", "1", "--log-level", "WARN")
                            .with("HOME", home.root().toString());
            try (Server server = builder.start()) {
                assertThat(server.get("/cgi-bin/hi").text()).isEqualTo("hi\n");
                server.stop();
                assertThat(server.log().lines()).allMatch(line -> line.contains("runs as root"));
            }
        }
    }

    private static void needsIpv6() throws IOException {
        InetAddress loopback = InetAddress.ofLiteral("::1");
        Assumptions.assumeTrue(
                NetworkInterface.getByInetAddress(loopback) != null, "this machine has no ::1");
    }

    private static String hello(InetAddress address, int port) {
        try (Wire wire = Wire.connect(new InetSocketAddress(address, port), Await.PATIENCE)) {
            return wire.send(Requests.get("/cgi-bin/hello")).response().text();
        }
    }

    private static final InetAddress V4 = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress V6 = InetAddress.ofLiteral("::1");

    /** On the command line or in the file, and in what others see of the server. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void listensOnSeveralAddresses(EngineKind engine) throws IOException {
        needsIpv6();
        TREE.file("caffeine.toml", "bind = [\"127.0.0.1\", \"::1\"]\n", "rw-r--r--");
        String file = TREE.resolve("caffeine.toml").toString();
        for (String[] options :
                new String[][] {{"--bind", "127.0.0.1", "--bind", "::1"}, {"--config", file}}) {
            try (Server server = Server.of(TREE.root(), engine).options(options).start()) {
                int port = server.port();
                assertThat(server.out().lines().getFirst())
                        .startsWith(
                                "listening on http://127.0.0.1:"
                                        + port
                                        + " and http://[::1]:"
                                        + port
                                        + " (");
                assertThat(hello(V4, port)).isEqualTo("hello conformance.test 127.0.0.1\n");
                assertThat(hello(V6, port)).isEqualTo("hello conformance.test ::1\n");
                server.stop();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void allOfIpv6IsIpv4TooUnlessToldOtherwise(EngineKind engine) throws IOException {
        needsIpv6();
        try (Server server = Server.of(TREE.root(), engine).options("--bind", "::").start()) {
            int port = server.port();
            assertThat(server.out().lines().getFirst())
                    .startsWith(
                            "listening on http://[::]:"
                                    + port
                                    + " and http://0.0.0.0:"
                                    + port
                                    + " (");
            assertThat(hello(V4, port)).isEqualTo("hello conformance.test 127.0.0.1\n");
            assertThat(hello(V6, port)).isEqualTo("hello conformance.test ::1\n");
            server.log().await(".* 127.0.0.1 \"GET /cgi-bin/hello HTTP/1.1\" 200 .*");
            server.stop();
        }
        Server.Builder alone =
                Server.of(TREE.root(), engine).options("--bind", "::", "--bind-v6-only");
        try (Server server = alone.start()) {
            int port = server.port();
            assertThat(server.out().lines().getFirst())
                    .startsWith("listening on http://[::]:" + port + " (");
            assertThat(hello(V6, port)).isEqualTo("hello conformance.test ::1\n");
            assertThatThrownBy(() -> new Socket(V4, port)).isInstanceOf(ConnectException.class);
            server.stop();
        }
    }

    /** The one that is taken is named, and the other is free again. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void listensOnAllOrNone(EngineKind engine) throws IOException {
        needsIpv6();
        try (ServerSocket stranger = new ServerSocket(0, 1, V6)) {
            int port = stranger.getLocalPort();
            Run.Outcome outcome =
                    Server.with("--app", "hello", "--port", port + "", "--bind", "127.0.0.1")
                            .options(engine.options())
                            .options("--bind", "::1")
                            .run();
            assertThat(outcome.err())
                    .isEqualTo(
                            "caffeine: cannot listen on [::1]:"
                                    + port
                                    + ": the port is in use; stop the process that uses it, or"
                                    + " choose another with --port (0 picks a free one)\n");
            assertThat(outcome.exit()).isEqualTo(1);
        }
    }

    @Test
    void listensOnIpv6() throws IOException {
        needsIpv6();
        try (Server server = Server.of(TREE.root()).options("--bind", "::1").start()) {
            assertThat(server.out().lines().getFirst())
                    .isEqualTo(
                            "listening on http://[::1]:" + server.port() + " (prefork, 2 workers)");
            assertThat(server.get("/cgi-bin/hello").text())
                    .isEqualTo("hello conformance.test ::1\n");
            server.stop();
        }
    }

    @Test
    void listensOnEveryAddressWhenAsked() {
        try (Server server = Server.of(TREE.root()).options("--bind", "0.0.0.0").start()) {
            assertThat(server.out().lines().getFirst()).contains("http://0.0.0.0:");
            assertThat(server.get("/cgi-bin/hello").text())
                    .isEqualTo("hello conformance.test 127.0.0.1\n");
            server.stop();
        }
    }

    @Test
    void treatsEveryScriptAsCgiWhenAsked() {
        TREE.sh("plain", Scripts.CGI_HEAD + "echo cgi\n");
        try (Server server = Server.of(TREE.root()).options("--cgi").start()) {
            assertThat(server.get("/plain").text()).isEqualTo("cgi\n");
            server.stop();
        }
    }

    @Test
    void keepsItsControlSocketToItself() throws IOException {
        try (Server server = Server.of(TREE.root()).start()) {
            Path folder = onlyEntry(server.runDirectory());
            assertThat(Files.getPosixFilePermissions(folder))
                    .containsExactlyInAnyOrder(
                            PosixFilePermission.OWNER_READ,
                            PosixFilePermission.OWNER_WRITE,
                            PosixFilePermission.OWNER_EXECUTE);
            assertThat(Files.getPosixFilePermissions(onlyEntry(folder)))
                    .containsExactlyInAnyOrder(
                            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
            server.stop();
        }
    }

    @Test
    void removesWhatADeadInstanceLeft() throws IOException {
        try (Tree run = new Tree()) {
            Server.Builder builder =
                    Server.of(TREE.root()).with("XDG_RUNTIME_DIR", run.root().toString());
            Path debris;
            try (Server killed = builder.start()) {
                debris = onlyEntry(run.root());
                killed.signal("KILL").awaitExit();
                Await.until("no process left", () -> killed.processes().isEmpty());
            }
            assertThat(debris).exists();
            // A young one could belong to an instance that is about to listen.
            Instant longAgo = Instant.now().minus(Duration.ofMinutes(5));
            Files.setLastModifiedTime(debris, FileTime.from(longAgo));
            Server.Builder again =
                    Server.of(TREE.root()).with("XDG_RUNTIME_DIR", run.root().toString());
            try (Server server = again.start()) {
                assertThat(debris).doesNotExist();
                server.stop();
            }
        }
    }

    private static Path onlyEntry(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.reduce(
                            (one, other) -> {
                                throw new AssertionError(one + " and " + other);
                            })
                    .orElseThrow();
        }
    }
}

package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.FreePort;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A listening socket that another process has opened (man 3 sd_listen_fds). */
class SocketActivationTest {

    /** Makes descriptor 3, says what it is as systemd does, and becomes the launcher. */
    private static final String HAND_OVER =
            """
            import os, socket, sys
            OPEN
            os.dup2(s.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid() + OFFSET), LISTEN_FDS='COUNT')
            os.execv(sys.argv[1], sys.argv[1:])
            """;

    private static final String TCP =
            "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
                    + " print(s.getsockname()[1], file=open('port', 'w'))";

    private final Tree tree = new Tree();

    @BeforeEach
    void scripts() {
        Run.needs("python3", "python3");
        Run.needs("curl", "curl");
        tree.sh(
                "site/hello",
                Scripts.DIRECT_HEAD
                        + "[ ! -e /proc/$$/fd/3 -a ! -e /proc/$$/fd/5 ] || echo inherited\n"
                        + "echo hello\n");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someWithDescriptors")
    void servesATcpSocket(EngineKind engine) throws IOException {
        try (Server server =
                Server.of(tree.resolve("site"), engine)
                        .under(handing(TCP.replace("'port'", "'" + port() + "'"), 0, "1"))
                        .start()) {
            assertThat(Files.readString(port())).isEqualTo(server.port() + "\n");
            for (int i = 0; i < 5; i++) {
                assertThat(server.get("/hello").text()).isEqualTo("hello\n");
            }
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someWithDescriptors")
    void servesAUnixSocketAndLeavesItsFile(EngineKind engine) throws Exception {
        Path socket = tree.resolve("socket");
        String open = "s = socket.socket(socket.AF_UNIX); s.bind('" + socket + "'); s.listen()";
        try (Server server =
                Server.of(tree.resolve("site"), engine).under(handing(open, 0, "1")).start()) {
            assertThat(server.out().lines().getFirst())
                    .startsWith("listening on unix:" + socket + " (");
            String[] command = {"curl", "-s", "--unix-socket", socket.toString(), "http://x/hello"};
            assertThat(Run.of(command).output()).isEqualTo("hello\n");
            server.stop();
        }
        assertThat(socket).exists();
    }

    /** A TCP socket beside a Unix-domain one, and one more at another port. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someWithDescriptors")
    void servesSeveral(EngineKind engine) throws IOException {
        tree.sh("site/cgi-bin/port", Scripts.CGI_HEAD + "echo \"$SERVER_PORT\"\n");
        Path socket = tree.resolve("socket");
        String open =
                TCP.replace("'port'", "'" + port() + "'")
                        + "; u = socket.socket(socket.AF_UNIX); u.bind('"
                        + socket
                        + "'); u.listen(); t = socket.socket(); t.bind(('127.0.0.1', 0));"
                        + " t.listen(); print(t.getsockname()[1], file=open('"
                        + tree.resolve("other")
                        + "', 'w')); os.dup2(u.fileno(), 30); os.dup2(t.fileno(), 31);"
                        + " os.dup2(s.fileno(), 32); s = socket.socket(fileno=32);"
                        + " os.dup2(30, 4); os.dup2(31, 5);"
                        + " [os.set_inheritable(fd, True) for fd in (4, 5)]";
        try (Server server =
                Server.of(tree.resolve("site"), engine).under(handing(open, 0, "3")).start()) {
            String other = Files.readString(tree.resolve("other")).strip();
            assertThat(server.out().lines().getFirst())
                    .startsWith(
                            "listening on http://127.0.0.1:"
                                    + server.port()
                                    + " and unix:"
                                    + socket
                                    + " and http://127.0.0.1:"
                                    + other
                                    + " (");
            for (int i = 0; i < 3; i++) {
                assertThat(server.get("/hello").text()).isEqualTo("hello\n");
                assertThat(server.get("/cgi-bin/port").text()).isEqualTo(server.port() + "\n");
                assertThat(curl("http://127.0.0.1:" + other + "/cgi-bin/port"))
                        .isEqualTo(other + "\n");
                assertThat(curl("--unix-socket", socket.toString(), "http://x/cgi-bin/port"))
                        .isEqualTo("80\n");
            }
            server.stop();
        }
        assertThat(socket).exists();
    }

    private static String curl(String... words) {
        List<String> command = new ArrayList<>(List.of("curl", "-s"));
        command.addAll(List.of(words));
        return Run.of(command.toArray(String[]::new)).output();
    }

    /** It was for the process before us. */
    @Test
    void passesOverWhatIsForAnother() throws IOException {
        String open = TCP.replace("'port'", "'" + port() + "'");
        try (Server server = Server.of(tree.resolve("site")).under(handing(open, 1, "1")).start()) {
            assertThat(Files.readString(port())).isNotEqualTo(server.port() + "\n");
            server.stop();
        }
    }

    @Test
    void refusesWhatIsNoSuchSocket() {
        String open = TCP.replace("'port'", "'" + port() + "'");
        assertRefused(
                open + "; os.close(4) if os.path.exists('/proc/self/fd/4') else None",
                "2",
                "LISTEN_FDS hands over something that is not a listening stream socket (descriptor"
                        + " 4); in its unit,");
        String nothing = "LISTEN_FDS hands over something that is not a listening stream socket;";
        assertRefused("s = socket.socket()", "1", nothing);
        assertRefused("s = socket.socket(type=socket.SOCK_DGRAM)", "1", nothing);
        assertRefused("s = open('/dev/null')", "1", nothing);
        Outcome virtual =
                Server.of(tree.resolve("site"), EngineKind.VIRTUAL)
                        .under(handing(open, 0, "1"))
                        .run();
        assertThat(virtual.exit()).isEqualTo(1);
        assertThat(virtual.err()).contains("the engine virtual cannot use a socket that is handed");
    }

    private void assertRefused(String open, String count, String reason) {
        Outcome outcome = Server.of(tree.resolve("site")).under(handing(open, 0, count)).run();
        assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(1);
        assertThat(outcome.err()).startsWith("caffeine: " + reason);
    }

    /** The real thing, which starts the server when the first client is there. */
    @Test
    void isStartedBySystemdsOwnTool() throws Exception {
        Run.needs("systemd-socket-activate", "systemd");
        int port = FreePort.any();
        ProcessBuilder builder =
                new ProcessBuilder(
                        List.of(
                                "systemd-socket-activate",
                                "--listen=127.0.0.1:" + port,
                                "--setenv=HOME=" + tree.root(),
                                "--setenv=CAFFEINE_NO_BUILD=1",
                                "--setenv=JAVA_HOME=" + System.getProperty("java.home"),
                                Repository.launcher().toString(),
                                "--path=" + tree.resolve("site"),
                                "--workers=1"));
        Process server = builder.redirectError(tree.resolve("log").toFile()).start();
        try {
            String url = "http://127.0.0.1:" + port + "/hello";
            Outcome outcome =
                    Run.of("curl", "-s", "--retry", "50", "--retry-connrefused", url).outcome();
            assertThat(outcome.out()).as(outcome.toString()).isEqualTo("hello\n");
            server.destroy();
            assertThat(server.waitFor()).isZero();
        } finally {
            server.destroyForcibly();
        }
    }

    private Path port() {
        return tree.resolve("port");
    }

    private static String[] handing(String open, int pidOffset, String count) {
        return new String[] {
            "python3",
            "-c",
            HAND_OVER
                    .replace("OPEN", open)
                    .replace("OFFSET", Integer.toString(pidOffset))
                    .replace("COUNT", count)
        };
    }
}

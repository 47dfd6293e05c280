package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** When the machine has no more of something: descriptors, processes, room on the disk. */
class ScarcityTest {

    /** A user that owns no process here. */
    private static final String USER = "61234";

    /** Threads count too: a server has about fifty. */
    private static final int PROCESSES = 200;

    private Tree tree;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        tree.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
        tree.sh("cgi-bin/count", Scripts.CGI_HEAD + "wc -c\n");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    @Test
    void fewDescriptorsSlowAcceptingDownAndNoMore() {
        Server.Builder few =
                Server.of(tree.root()).under("sh", "-c", "ulimit -n 64; exec \"$@\"", "sh");
        try (Server server = few.start()) {
            List<Wire> wires = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                wires.add(server.open());
            }
            // Who spins has no quiet second; what is compiled at first comes to its end.
            Await.until("it does not spin", () -> ticksOfASecond(server) < 50);
            wires.forEach(Wire::close);
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("hello\n");
            server.stop();
        }
    }

    /** Neither spins, and both are accepted at when there is room again. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void fewDescriptorsSlowDownSeveralListenersAsOne(EngineKind engine) {
        Server.Builder few =
                Server.of(tree.root(), engine)
                        .options("--bind", "127.0.0.1", "--bind", "127.0.0.2")
                        .under("sh", "-c", "ulimit -n 100; exec \"$@\"", "sh");
        try (Server server = few.start()) {
            InetSocketAddress other =
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), server.port());
            List<Wire> wires = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                wires.add(server.open());
                wires.add(Wire.connect(other, Await.PATIENCE));
            }
            Await.until("it does not spin", () -> ticksOfASecond(server) < 50);
            wires.forEach(Wire::close);
            assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("hello\n");
            try (Wire wire = Wire.connect(other, Await.PATIENCE)) {
                assertThat(wire.send(Requests.get("/cgi-bin/hello")).response().text())
                        .isEqualTo("hello\n");
            }
            server.stop();
        }
    }

    @Test
    void noProcessToBeHadIs503AndPasses() throws IOException {
        Run.needsRoot("start it as a user with few processes");
        Run.needs("setpriv", "util-linux");
        Run.needs("prlimit", "util-linux");
        Run.of("chmod", "-R", "a+rX", tree.root().toString()).output();
        try (Tree home = new Tree()) {
            Run.of("chown", USER, home.root().toString()).output();
            Server.Builder asUser =
                    Server.of(tree.root())
                            .with("HOME", home.root().toString())
                            .with("XDG_RUNTIME_DIR", home.root().toString())
                            .under(asUserWithFewProcesses().toArray(String[]::new));
            try (Server server = asUser.start()) {
                assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("hello\n");
                Process others = takeAllProcesses();
                // A thread of the server that ends leaves room for a script, if only for a moment.
                Await.until(
                        "there is no room",
                        () -> {
                            Response response = server.get("/cgi-bin/hello");
                            return response.status() == 503
                                    && response.field("Retry-After").matches("\\d+");
                        });
                server.log().await("(WARN|ERROR).*EAGAIN");
                others.getOutputStream().close();
                Await.until("there is room again", () -> !others.isAlive());
                assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("hello\n");
                server.stop();
            }
        }
    }

    private static List<String> asUserWithFewProcesses() {
        return List.of(
                "prlimit",
                "--nproc=" + PROCESSES,
                "setpriv",
                "--reuid=" + USER,
                "--regid=" + USER,
                "--clear-groups");
    }

    /**
     * Starts as many processes of the user as there can be, also when there comes to be room for
     * another; they end when it is told to.
     */
    private static Process takeAllProcesses() throws IOException {
        List<String> command = new ArrayList<>(asUserWithFewProcesses());
        String code =
                """
                $| = 1;
                use IO::Select;
                my ($all, $told, @children) = (0, IO::Select->new(*STDIN));
                until ($told->can_read($all ? 0.01 : 0)) {
                    my $pid = @children < $ARGV[0] ? fork : undef;
                    if (defined $pid) {
                        if ($pid == 0) { sleep 60; exit }
                        push @children, $pid;
                    } elsif (!$all++) {
                        print "all\\n";
                    }
                }
                kill 'KILL', @children;
                waitpid $_, 0 for @children;
                """;
        command.addAll(List.of("perl", "-e", code, Integer.toString(PROCESSES)));
        Process process = new ProcessBuilder(command).start();
        assertThat(process.inputReader().readLine()).isEqualTo("all");
        return process;
    }

    @Test
    void aFullDiskIs507AndPasses() throws IOException {
        Run.needs("unshare", "util-linux");
        Run.needsRoot("mount a small disk");
        boolean allowed = Run.of("unshare", "-m", "true").outcome().exit() == 0;
        Assumptions.assumeTrue(allowed, "no mount namespace to be had here");
        Path disk = Files.createDirectory(tree.resolve("disk"));
        String mount = "mount -t tmpfs -o size=4m tmpfs " + disk + " && exec \"$@\"";
        Server.Builder small =
                Server.of(tree.root())
                        .with("TMPDIR", disk.toString())
                        .under("unshare", "-m", "sh", "-c", mount, "sh");
        try (Server server = small.start()) {
            String fits = "0123456789abcdef".repeat(1 << 17);
            assertThat(server.exchange(Requests.post("/cgi-bin/count", fits)).text().strip())
                    .isEqualTo("2097152");
            String large = fits.repeat(3);
            try (Wire wire = server.open()) {
                Response response = wire.send(Requests.post("/cgi-bin/count", large)).response();
                assertThat(response.status()).isEqualTo(507);
            }
            server.log().await("(WARN|ERROR).*ENOSPC");
            assertThat(server.exchange(Requests.post("/cgi-bin/count", fits)).status())
                    .isEqualTo(200);
            server.stop();
        }
    }

    /** How many hundredths of a second of processor time it takes in a second. */
    private static long ticksOfASecond(Server server) {
        long before = ticks(server);
        Await.holdsWithin(Duration.ofSeconds(1), () -> false);
        return ticks(server) - before;
    }

    private static long ticks(Server server) {
        return server.processes().stream().mapToLong(stat -> Procs.cpuTicks(stat.pid())).sum();
    }
}

package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Procs;
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
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.Socket;

/** How a server ends: what runs is let finish within the grace, and nothing stays behind. */
class StopTest {

    private Tree tree;
    private Marker started;
    private Marker finish;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        started = new Marker(tree, "started");
        finish = new Marker(tree, "finish");
        String wait = started.tellInShell() + finish.awaitInShell();
        tree.sh("cgi-bin/waits", Scripts.CGI_HEAD + "echo begun\n" + wait + "echo done\n");
        tree.sh("waits", Scripts.DIRECT_HEAD + "echo begun\n" + wait + "echo done\n");
        tree.sh("cgi-bin/stays", started.tellInShell() + "trap '' TERM\nsleep 600\n");
        tree.sh("stays", started.tellInShell() + "trap '' TERM\nsleep 600\n");
        tree.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void endsAtOnceWhenIdle(String signal) {
        try (Server server = Server.of(tree.root()).start()) {
            assertThat(server.get("/cgi-bin/hello").status()).isEqualTo(200);
            try (Wire idle = server.open()) {
                assertThat(idle.send(Requests.get("/cgi-bin/hello")).response().status())
                        .isEqualTo(200);
                assertThat(server.signal(signal).awaitExit()).isZero();
                assertThat(idle.awaitEnd()).isEqualTo(Wire.End.CLOSED);
            }
            server.awaitNothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/waits", "/cgi-bin/waits"})
    void letsARunningScriptFinish(String target) {
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.get(target));
            started.await();
            server.signal("TERM");
            awaitRefusal(server);
            assertThat(server.isAlive()).isTrue();
            finish.set();
            Response response = wire.response();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text()).isEqualTo("begun\ndone\n");
            assertThat(server.awaitExit()).isZero();
            server.awaitNothingLeft();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void logsHowManyConnectionsItDrains(EngineKind engine) {
        engine.servesSeveralAtOnce();
        try (Server server = Server.of(tree.root(), engine).start();
                Wire wire = server.open();
                Wire idle = server.open()) {
            assertThat(idle.send(Requests.get("/cgi-bin/hello")).response().status())
                    .isEqualTo(200);
            wire.send(Requests.get("/cgi-bin/waits"));
            started.await();
            server.signal("TERM");
            server.log().await("INFO .*shutting down: draining 2 connections \\(30 s grace\\)");
            finish.set();
            assertThat(wire.response().text()).isEqualTo("begun\ndone\n");
            assertThat(server.awaitExit()).isZero();
        }
    }

    @Test
    void answersARequestThatWasAlreadyComing() {
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.announce("/cgi-bin/hello", 3) + "a");
            // The head must have been read before the signal: a second exchange tells.
            assertThat(server.get("/cgi-bin/hello").status()).isEqualTo(200);
            server.signal("TERM");
            awaitRefusal(server);
            Response response = wire.send("bc").response();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.hasOption("close")).isTrue();
            assertThat(server.awaitExit()).isZero();
            server.awaitNothingLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/stays", "/cgi-bin/stays"})
    void endsWhatDoesNotFinishWithinTheGrace(String target) {
        try (Server server = Server.of(tree.root()).options("--grace", "0.5").start();
                Wire wire = server.open()) {
            wire.send(Requests.get(target));
            started.await();
            assertThat(server.signal("TERM").awaitExit()).isZero();
            server.awaitNothingLeft();
        }
    }

    @Test
    void aSecondSignalEndsWhatTheFirstLetFinish() {
        int termAsAShellTellsIt = 128 + 15;
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/waits"));
            started.await();
            server.signal("TERM");
            awaitRefusal(server);
            assertThat(server.signal("TERM").awaitExit()).isEqualTo(termAsAShellTellsIt);
            server.awaitNothingLeft();
        }
    }

    @Test
    void leavesATerminalsInterruptToTheParent() {
        // A terminal sends it to the whole foreground group: the workers must not be in it.
        try (Server server = Server.of(tree.root()).start()) {
            int group = Procs.stat(server.pid()).orElseThrow().group();
            assertThat(server.workers())
                    .isNotEmpty()
                    .allMatch(pid -> Procs.stat(pid).orElseThrow().group() != group);
            server.stop();
        }
    }

    @Test
    void saysThatAnIgnoredSignalStaysIgnored() {
        Run.needs("env", "coreutils");
        try (Server server = Server.of(tree.root()).under("env", "--ignore-signal=HUP").start()) {
            server.log().await("INFO.*(?i)sighup");
            server.stop();
        }
    }

    private static void awaitRefusal(Server server) {
        Await.until("no new connection is accepted", () -> isRefused(server));
    }

    private static boolean isRefused(Server server) {
        try (Socket socket = new Socket(server.address().getAddress(), server.port())) {
            return !socket.isConnected();
        } catch (IOException refused) {
            return true;
        }
    }
}

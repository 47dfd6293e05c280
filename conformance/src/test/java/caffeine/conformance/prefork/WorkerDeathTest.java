package caffeine.conformance.prefork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.util.Objects.requireNonNull;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Load;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Mismatch;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is lost when a process dies, and what is not: a direct response goes on; a CGI response in
 * progress and the idle connections of a dead worker are lost; nothing else is.
 */
class WorkerDeathTest {

    /** Ticks of a second in which a process does nothing but turn. */
    private static final long SPINNING = 30;

    private Tree tree;
    private Marker started;
    private Marker finish;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        started = new Marker(tree, "started");
        finish = new Marker(tree, "finish");
        String wait = "echo $PPID > " + started.path() + "\n" + finish.awaitInShell();
        tree.sh("cgi-bin/waits", Scripts.CGI_HEAD + "echo begun\n" + wait + "echo done\n");
        tree.sh("nph-waits", Scripts.DIRECT_HEAD + "echo begun\n" + wait + "echo done\n");
        tree.sh(
                "nph-complains",
                Scripts.DIRECT_HEAD + "echo begun\n" + wait + "echo oh >&2\necho done\n");
        tree.sh(
                "nph-stays",
                Scripts.DIRECT_HEAD + "echo $PPID > " + started.path() + "\nsleep 600\n");
        tree.sh("cgi-bin/worker", Scripts.CGI_HEAD + "echo $PPID\n");
    }

    /** The others are told that slots may be free, which means nothing where no script runs. */
    @Test
    void leavesTheOthersAtRestWithoutScripts() {
        try (Server server =
                Server.with("--app", "hello", "--port", "0", "--workers", "2").patient().start()) {
            int dead = server.workers().getFirst();
            Procs.kill("KILL", dead);
            server.log().await("WARN .*ended unexpectedly.*; starting another");
            Await.until(
                    "it is replaced",
                    () -> server.workers().size() == 2 && !server.workers().contains(dead));
            Await.until("no worker spins", () -> ticksOfASecond(server) < SPINNING);
            server.stop();
        }
    }

    private static long ticksOfASecond(Server server) {
        long before = ticks(server);
        Await.holdsWithin(Duration.ofSeconds(1), () -> false);
        return ticks(server) - before;
    }

    private static long ticks(Server server) {
        return server.workers().stream().mapToLong(Procs::cpuTicks).sum();
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    @Test
    void aDeadWorkerIsReplaced() {
        try (Server server = Server.of(tree.root()).start()) {
            int victim = server.workers().getFirst();
            Procs.kill("KILL", victim);
            awaitWorkers(server, 2, victim);
            server.log().await("(WARN|ERROR).*worker.*SIGKILL");
            assertThat(server.get("/cgi-bin/worker").status()).isEqualTo(200);
            server.stop();
        }
    }

    @Test
    void allOfThemAreReplaced() {
        try (Server server = Server.of(tree.root()).start()) {
            List<Integer> victims = server.workers();
            killAndAwait(victims);
            awaitWorkers(server, 2, victims.toArray(Integer[]::new));
            assertThat(server.get("/cgi-bin/worker").status()).isEqualTo(200);
            server.stop();
        }
    }

    @Test
    void aClientThatComesWhileThereIsNoWorkerWaitsForOne() {
        try (Server server = Server.of(tree.root()).start()) {
            killAndAwait(server.workers());
            assertThat(server.get("/cgi-bin/worker").status()).isEqualTo(200);
            server.stop();
        }
    }

    @Test
    void aDirectResponseGoesOnAndItsScriptIsReaped() {
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/nph-waits"));
            int worker = Integer.parseInt(started.awaitText());
            Procs.kill("KILL", worker);
            awaitWorkers(server, 2, worker);
            finish.set();
            assertThat(wire.response().text()).isEqualTo("begun\ndone\n");
            server.awaitNoHandlers();
            server.stop();
        }
    }

    @Test
    void aDirectResponseGoesOnAlthoughItsScriptWritesToStandardError() {
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/nph-complains"));
            int worker = Integer.parseInt(started.awaitText());
            Procs.kill("KILL", worker);
            awaitWorkers(server, 2, worker);
            finish.set();
            assertThat(wire.response().text()).isEqualTo("begun\ndone\n");
            server.awaitNoHandlers();
            server.stop();
        }
    }

    @Test
    void theDeadlineOfAnAdoptedScriptStillHolds() {
        try (Server server = Server.of(tree.root()).options("--handler-timeout", "2").start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/nph-stays"));
            Procs.kill("KILL", Integer.parseInt(started.awaitText()));
            server.awaitNoHandlers();
            wire.response();
            server.stop();
        }
    }

    @Test
    void aCgiResponseInProgressIsCutAndItsScriptEnds() {
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/cgi-bin/waits"));
            int worker = Integer.parseInt(started.awaitText());
            Procs.kill("KILL", worker);
            assertThatThrownBy(wire::response).isInstanceOf(Mismatch.class);
            finish.set();
            server.awaitNoHandlers();
            server.stop();
        }
    }

    @Test
    void connectionsOfOtherWorkersStay() {
        List<Wire> wires = new ArrayList<>();
        try (Server server = Server.of(tree.root()).options("--idle-timeout", "5m").start()) {
            Map<Integer, Wire> byWorker = new HashMap<>();
            Await.until(
                    "connections of two workers",
                    () -> {
                        Wire wire = server.open();
                        wires.add(wire);
                        byWorker.putIfAbsent(workerOf(wire), wire);
                        return byWorker.size() == 2;
                    });
            List<Integer> workers = List.copyOf(byWorker.keySet());
            Wire lost = byWorker.remove(workers.getFirst());
            Wire kept = byWorker.remove(workers.getLast());
            Procs.kill("KILL", workers.getFirst());
            assertThat(requireNonNull(lost).awaitEnd()).isNotEqualTo(Wire.End.OPEN);
            assertThat(workerOf(requireNonNull(kept))).isEqualTo(workers.getLast());
            server.stop();
        } finally {
            wires.forEach(Wire::close);
        }
    }

    @Test
    void underLoadOnlyTheDeadWorkersConnectionsAreLost() throws InterruptedException {
        try (Server server = Server.of(tree.root()).start()) {
            Load load = Load.of(server, "/cgi-bin/worker", 4);
            load.awaitAnswers(20);
            int victim = server.workers().getFirst();
            Procs.kill("KILL", victim);
            awaitWorkers(server, 2, victim);
            load.awaitAnswers(40);
            load.stop();
            assertThat(load.lost()).as("one connection each at most").isLessThanOrEqualTo(4);
            server.stop();
        }
    }

    @Test
    void workersEndWithTheirParent() {
        try (Server server = Server.of(tree.root()).start()) {
            server.get("/cgi-bin/worker");
            server.signal("KILL").awaitExit();
            Await.until("no process left", () -> server.processes().isEmpty());
        }
    }

    @Test
    void aScriptMayFinishWhenTheParentIsDead() {
        try (Server server = Server.of(tree.root()).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/cgi-bin/waits"));
            started.awaitText();
            server.signal("KILL").awaitExit();
            finish.set();
            assertThat(wire.response().text()).isEqualTo("begun\ndone\n");
            Await.until("no process left", () -> server.processes().isEmpty());
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "caffeine.full", matches = "true")
    void aStoppedWorkerIsReplaced() {
        try (Server server = Server.of(tree.root()).start()) {
            int victim = server.workers().getFirst();
            Procs.kill("STOP", victim);
            Await.until(
                    "the stopped worker is replaced",
                    Duration.ofMinutes(2),
                    () -> server.workers().size() == 2 && !server.workers().contains(victim));
            assertThat(server.get("/cgi-bin/worker").status()).isEqualTo(200);
            server.stop();
        }
    }

    /** What is handed to a worker while it dies dies with it: so this waits for its end. */
    private static void killAndAwait(List<Integer> workers) {
        workers.forEach(pid -> Procs.kill("KILL", pid));
        Await.until("they are dead", () -> workers.stream().allMatch(Procs::hasEnded));
    }

    private static int workerOf(Wire wire) {
        String said = wire.send(Requests.get("/cgi-bin/worker")).response().text();
        return Integer.parseInt(said.strip());
    }

    private static void awaitWorkers(Server server, int count, Integer... gone) {
        Await.until(
                () -> count + " workers, none of " + List.of(gone) + ": " + server.processes(),
                Await.PATIENCE,
                () ->
                        server.workers().size() == count
                                && server.workers().stream().noneMatch(List.of(gone)::contains));
    }
}

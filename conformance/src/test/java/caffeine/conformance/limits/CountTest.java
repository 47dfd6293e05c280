package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;

/** The limits of how many at a time. */
class CountTest {

    private Tree tree;
    private Marker finish;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        finish = new Marker(tree, "finish");
        tree.sh("cgi-bin/waits", finish.awaitInShell() + Scripts.CGI_HEAD + "echo done\n");
        tree.sh("waits", finish.awaitInShell() + Scripts.DIRECT_HEAD + "echo done\n");
        tree.sh("cgi-bin/quick", Scripts.CGI_HEAD + "echo quick\n");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/waits", "/cgi-bin/waits"})
    void oneScriptRunsOneWaitsTheThirdIsTurnedAway(String target) {
        Server.Builder builder =
                Server.of(tree.root())
                        .options("-w", "1", "--max-handlers", "1", "--max-queue", "1");
        try (Server server = builder.start();
                Wire runs = server.open();
                Wire waits = server.open();
                Wire refused = server.open()) {
            runs.send(Requests.get(target));
            Await.until("the first one runs", () -> server.handlers().size() >= 1);
            waits.send(Requests.get(target));
            // What no script answers is answered meanwhile, and tells that the second was read.
            assertThat(server.get("/missing").status()).isEqualTo(404);
            Response response = refused.send(Requests.get(target)).response();
            assertThat(response.status()).isEqualTo(503);
            assertThat(response.field("Retry-After")).matches("\\d+");
            finish.set();
            assertThat(runs.response().text()).isEqualTo("done\n");
            assertThat(waits.response().text()).isEqualTo("done\n");
            server.stop();
        }
    }

    @Test
    void aWaitingRequestWhoseClientGoesIsForgotten() {
        Server.Builder builder =
                Server.of(tree.root())
                        .options("-w", "1", "--max-handlers", "1", "--max-queue", "1");
        try (Server server = builder.start();
                Wire runs = server.open()) {
            runs.send(Requests.get("/cgi-bin/waits"));
            Await.until("the first one runs", () -> server.handlers().size() >= 1);
            for (int i = 0; i < 3; i++) {
                Wire waits = server.open().send(Requests.get("/cgi-bin/waits"));
                assertThat(server.get("/missing").status()).isEqualTo(404);
                waits.reset();
                assertThat(server.get("/missing").status()).isEqualTo(404);
            }
            try (Wire waits = server.open().send(Requests.get("/cgi-bin/quick"))) {
                finish.set();
                assertThat(runs.response().text()).isEqualTo("done\n");
                assertThat(waits.response().text()).isEqualTo("quick\n");
            }
            server.stop();
        }
    }

    @Test
    void connectionsAboveTheLimitWaitInTheBacklog() {
        Server.Builder builder =
                Server.of(tree.root()).options("-w", "1", "--max-connections", "4");
        try (Server server = builder.start()) {
            List<Wire> wires = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                wires.add(server.open());
            }
            wires.forEach(w -> w.send(Requests.get("/cgi-bin/quick", "Connection: close")));
            for (Wire wire : wires) {
                assertThat(wire.response().text()).isEqualTo("quick\n");
                wire.close();
            }
            server.stop();
        }
    }

    @Test
    void connectionsOfOneAddressAreLimited() {
        Server.Builder builder =
                Server.of(tree.root()).options("-w", "1", "--max-connections-per-address", "2");
        try (Server server = builder.start()) {
            try (Wire one = server.open();
                    Wire two = server.open();
                    Wire three = server.open()) {
                assertQuick(one);
                assertQuick(two);
                three.send(Requests.get("/cgi-bin/quick")).awaitRefusal();
                assertQuick(one);
            }
            Await.until("room again", () -> quickAnswer(server));
            server.stop();
        }
    }

    @Test
    void requestsOnOneConnectionAreLimited() {
        Server.Builder builder = Server.of(tree.root()).options("--max-requests", "3");
        try (Server server = builder.start();
                Wire wire = server.open()) {
            for (int i = 1; i <= 3; i++) {
                Response response = wire.send(Requests.get("/cgi-bin/quick")).response();
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.hasOption("close")).isEqualTo(i == 3);
            }
            assertThat(wire.awaitEnd()).isEqualTo(Wire.End.CLOSED);
            server.stop();
        }
    }

    private static boolean quickAnswer(Server server) {
        try (Wire wire = server.open()) {
            assertQuick(wire);
            return true;
        } catch (AssertionError refused) {
            return false;
        }
    }

    private static void assertQuick(Wire wire) {
        Response response = wire.send(Requests.get("/cgi-bin/quick")).response();
        assertThat(response.text()).isEqualTo("quick\n");
    }
}

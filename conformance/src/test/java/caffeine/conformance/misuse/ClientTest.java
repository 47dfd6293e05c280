package caffeine.conformance.misuse;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.TcpTable;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Clients that misbehave, with a quick one beside them. */
class ClientTest {

    private static final int PIPELINED = 10_000;

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.serving(TREE, "--idle-timeout", "5", "--send-timeout", "20");

    static {
        Beside.prepare(TREE);
        TREE.sh("cgi-bin/count", Scripts.CGI_HEAD + "wc -c\n");
        TREE.sh("cgi-bin/endless", Scripts.CGI_HEAD + "exec yes\n");
        TREE.sh("endless", Scripts.DIRECT_HEAD + "exec yes\n");
    }

    @AfterEach
    void nobodyElseIsHarmed() {
        Beside.isServed(LEAKS.server());
        LEAKS.server().awaitNoHandlers();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET /cgi-bin/quick HT",
                "GET /cgi-bin/quick HTTP/1.1\r\nHost: x\r\n",
                "POST /cgi-bin/count HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello",
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nh",
                "GET /cgi-bin/quick HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /missing HTTP/1.1\r\nHost: x\r\n\r\n",
                "garbage\r\n\r\n",
            })
    void resetAtAnyMoment(String sent) {
        for (int i = 0; i < 10; i++) {
            LEAKS.server().open().send(sent).reset();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/endless", "/cgi-bin/endless"})
    void resetInMidResponse(String target) {
        for (int i = 0; i < 5; i++) {
            try (Wire wire = LEAKS.server().open()) {
                wire.send(Requests.get(target)).head();
                wire.discard(100_000);
                wire.reset();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/endless", "/cgi-bin/endless"})
    void closesInMidResponseWithoutAWord(String target) {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get(target)).head();
            wire.discard(100_000);
        }
    }

    @Test
    void neverReadsItsCgiResponse() {
        Server server = LEAKS.server();
        try (Wire wire =
                Wire.connect(
                        server.address(), Await.PATIENCE, StandardSocketOptions.SO_RCVBUF, 4096)) {
            wire.offer(Requests.bytes(Requests.get("/cgi-bin/endless")));
            Await.until("the script runs", () -> !server.handlers().isEmpty());
            Beside.isServed(server);
            server.awaitNoHandlers();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/quick", "/cgi-bin/quick", "/missing"})
    void halfClosesAndStillGetsItsAnswer(String target) {
        try (Wire wire = LEAKS.server().open()) {
            Response response = wire.send(Requests.get(target)).shutdown().response();
            assertThat(response.status()).isIn(200, 404);
            assertThat(wire.awaitEnd()).isEqualTo(Wire.End.CLOSED);
        }
    }

    @Test
    void staysSilentAndIsClosedInSilence() {
        try (Wire wire = LEAKS.server().open()) {
            wire.awaitSilentEnd();
        }
    }

    @Test
    void manyStaySilentWhileAQuickOneIsServed() {
        List<Wire> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                silent.add(LEAKS.server().open());
            }
            Beside.isServed(LEAKS.server());
            silent.forEach(Wire::awaitSilentEnd);
        } finally {
            silent.forEach(Wire::close);
        }
    }

    @Test
    void pipelinesThousandsOfRequestsWithoutReading() {
        Server server = LEAKS.server();
        byte[] block = Requests.bytes(Requests.get("/missing").repeat(PIPELINED));
        try (Wire wire = server.open()) {
            long before = privateKiB(server);
            int sent = Math.max(0, wire.offer(block));
            Beside.isServed(server);
            assertThat(privateKiB(server)).isLessThan(before + 64 * 1024);
            wire.send(Arrays.copyOfRange(block, sent, block.length));
            for (int i = 0; i < PIPELINED; i++) {
                assertThat(wire.response().status()).isEqualTo(404);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // A TLS 1.3 ClientHello's first bytes; an HTTP/2 preface; SSH; a proxy's line;
                // SOCKS.
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "SSH-2.0-OpenSSH_9.6\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
                "\u0005\u0001\u0000",
                "\r\n\r\n\r\n\r\n\r\n",
            })
    void speaksAnotherProtocol(String bytes) {
        try (Wire wire = LEAKS.server().open()) {
            wire.send(bytes).shutdown().awaitRefusal();
        }
    }

    @RepeatedTest(20)
    void sendsRandomBytes(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        byte[] bytes = new byte[1 + random.nextInt(4000)];
        random.nextBytes(bytes);
        try (Wire wire = LEAKS.server().open()) {
            wire.send(bytes).shutdown().awaitRefusal();
        }
    }

    @Test
    void goesWhileItWaitsInTheBacklogOfItsOwnRequests() {
        Marker started = new Marker(TREE, "slow-started");
        TREE.sh("cgi-bin/slow", started.tellInShell() + "sleep 0.3\n" + Scripts.CGI_HEAD);
        try (Wire wire = LEAKS.server().open()) {
            wire.send(Requests.get("/cgi-bin/slow") + Requests.get("/cgi-bin/quick").repeat(100));
            started.await();
            wire.reset();
        }
        int port = LEAKS.server().port();
        Await.until(
                "the connection has gone", Await.PATIENCE, () -> TcpTable.connectionsOf(port) == 0);
    }

    private static long privateKiB(Server server) {
        return server.workers().stream().mapToLong(Procs::privateKiB).sum();
    }
}

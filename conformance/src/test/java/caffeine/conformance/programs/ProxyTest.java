package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** The examples of docs/behind-a-proxy.md, by the programs that they are for. */
class ProxyTest {

    private static final int REQUESTS = 10_000;

    /** Apache's share, which takes as long: fewer. */
    private static final int FEWER_REQUESTS = 2_000;

    private static final int CLIENTS = 12;

    private static final Tree TREE = new Tree();

    static {
        String line = "$REMOTE_ADDR $SERVER_NAME $SERVER_PORT ${HTTPS-off}";
        TREE.sh("cgi-bin/who", Scripts.CGI_HEAD + "echo \"" + line + "\"\n");
        TREE.sh("cgi-bin/port", Scripts.CGI_HEAD + "echo $REMOTE_PORT\n");
        TREE.sh("direct", Scripts.DIRECT_HEAD + "echo direct\n");
        try {
            java.nio.file.Files.setPosixFilePermissions(
                    TREE.root(), PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterAll
    static void clean() {
        TREE.close();
    }

    private static Server instance(String name, String... options) {
        return Server.with("--bind", "unix:" + TREE.resolve(name + ".sock"), "-w", "1")
                .options("--trusted-proxy", "unix:", "--bind-mode", "0666")
                .options(options)
                .start();
    }

    private static FrontProxy inFrontOfBoth(FrontProxy.Kind kind) {
        return FrontProxy.start(
                kind,
                Map.of(
                        "/run/caffeine/a.sock", TREE.resolve("a.sock").toString(),
                        "/run/caffeine/b.sock", TREE.resolve("b.sock").toString()));
    }

    @ParameterizedTest
    @EnumSource
    void losesNoRequestWhileOneOfTwoRestarts(FrontProxy.Kind kind) throws Exception {
        FrontProxy.needs(kind);
        int requests = kind == FrontProxy.Kind.APACHE ? FEWER_REQUESTS : REQUESTS;
        Server first = instance("a", "--app", "hello");
        try (Server second = instance("b", "--app", "hello");
                FrontProxy proxy = inFrontOfBoth(kind);
                Asking asking = new Asking(proxy, requests)) {
            asking.awaitAnswers(requests / 4);
            assertThat(first.log().matching(".* 200 .*")).isNotEmpty();
            first.stop();
            asking.awaitAnswers(requests / 2);
            first.close();
            first = instance("a", "--app", "hello");
            asking.awaitEnd();
            assertThat(asking.lost).isEmpty();
            assertThat(asking.answers).hasValue(requests);
            awaitAnswerOf(first, proxy);
            assertThat(second.isAlive()).isTrue();
        } finally {
            first.close();
        }
    }

    /** It is asked again, sooner or later. */
    private static void awaitAnswerOf(Server server, FrontProxy proxy) {
        Await.until(
                "an answer of the one that was started again",
                () -> {
                    try {
                        assertThat(proxy.get("/").statusCode()).isEqualTo(200);
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    return server.log().has(".* 200 .*");
                });
    }

    /** So many clients that each wait for an answer before they ask again. */
    private static final class Asking implements AutoCloseable {

        final AtomicInteger answers = new AtomicInteger();
        final Queue<String> lost = new ConcurrentLinkedQueue<>();
        private final AtomicInteger asked = new AtomicInteger();
        private final FrontProxy proxy;
        private final int requests;
        private final java.util.concurrent.ExecutorService threads =
                Executors.newFixedThreadPool(CLIENTS);

        Asking(FrontProxy proxy, int requests) {
            this.proxy = proxy;
            this.requests = requests;
            for (int i = 0; i < CLIENTS; i++) {
                threads.execute(this::ask);
            }
        }

        private void ask() {
            while (asked.getAndIncrement() < requests && !Thread.interrupted()) {
                try {
                    HttpResponse<String> response = proxy.get("/");
                    if (response.statusCode() != 200 || !response.body().startsWith("Hello")) {
                        lost.add(response + " " + response.body());
                    }
                } catch (IOException | InterruptedException e) {
                    lost.add(e.toString());
                }
                answers.incrementAndGet();
            }
        }

        /** However slow the machine is, as long as answers come. */
        void awaitAnswers(int count) {
            while (answers.get() < count && lost.size() <= CLIENTS) {
                int more = Math.min(count, answers.get() + CLIENTS);
                Await.until(
                        () -> count + " answers, " + answers + " came; lost: " + lost,
                        Await.PATIENCE,
                        () -> answers.get() >= more || lost.size() > CLIENTS);
            }
        }

        void awaitEnd() {
            awaitAnswers(requests);
        }

        @Override
        public void close() {
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @EnumSource
    void scriptsSeeTheClientAndNotTheProxy(FrontProxy.Kind kind) throws Exception {
        FrontProxy.needs(kind);
        String path = TREE.root().toString();
        try (Server first = instance("a", "--path", path);
                Server second = instance("b", "--path", path);
                FrontProxy proxy = inFrontOfBoth(kind)) {
            String due = "127.0.0.1 127.0.0.1 " + proxy.port() + " on\n";
            String[] madeUp = {"X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "http"};
            for (int i = 0; i < 2; i++) {
                assertThat(proxy.get("/cgi-bin/who").body()).isEqualTo(due);
                assertThat(proxy.get("/cgi-bin/who", madeUp).body()).isEqualTo(due);
            }
            assertThat(proxy.get("/direct").body()).isEqualTo("direct\n");
            assertThat(proxy.get("/missing").statusCode()).isEqualTo(404);
            assertThat(List.of(first, second)).allMatch(Server::isAlive);
        }
    }

    /** By TCP, where the proxy's connections can be told apart: nobody is trusted here. */
    @ParameterizedTest
    @EnumSource
    void keepsItsConnections(FrontProxy.Kind kind) throws Exception {
        FrontProxy.needs(kind);
        try (Server server = Server.of(TREE.root()).options("--idle-timeout", "5m").start()) {
            String address = "127.0.0.1:" + server.port();
            Map<String, String> upstreams =
                    Map.of(
                            "unix@/run/caffeine/a.sock", address,
                            "unix@/run/caffeine/b.sock", address,
                            "unix:/run/caffeine/a.sock|http://a", "http://" + address,
                            "unix:/run/caffeine/b.sock|http://b ttl=4", "http://" + address + "/b",
                            "unix:/run/caffeine/a.sock ", address + " ",
                            "unix:/run/caffeine/b.sock ", address + " ");
            try (FrontProxy proxy = FrontProxy.start(kind, upstreams)) {
                Set<String> ports = new HashSet<>();
                for (int i = 0; i < 20; i++) {
                    ports.add(proxy.get("/cgi-bin/port").body());
                }
                assertThat(ports).hasSizeLessThan(8).allMatch(port -> port.matches("\\d+\n"));
            }
        }
    }
}

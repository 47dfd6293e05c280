package caffeine.conformance.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a file says of the scripts below a path, and of pages for errors, on every engine. */
@Execution(ExecutionMode.SAME_THREAD)
class RoutesTest {

    private static final String TOML =
            """
            env = { ALL = "all", BOTH = "all" }

            [routes."/cgi-bin/set"]
            env = { BOTH = "route", "ROUTE" = "it's = \\"e\\"" }

            [routes."/cgi-bin/api"]
            methods = ["GET", "POST"]
            pass-env = ["OTHER"]

            [routes."/cgi-bin/api/slow"]
            handler-timeout = "200ms"

            [routes."/cgi-bin/one"]
            max-handlers = 1
            max-queue = 0

            [routes."/cgi-bin/slash"]
            encoded-slash = "decode"

            [routes."/cgi-bin/slash/kept"]
            encoded-slash = "keep"

            [routes."/.well-known"]
            mode = "cgi"

            [routes."/plain"]
            mode = "cgi"

            [error-pages]
            404 = "pages/404.html"
            4xx = "pages/4xx.txt"
            5xx = "pages/5xx.json"
            """;

    private static final String HEAD = "printf 'Content-Type: text/plain\\n\\n'\n";

    private static final Tree TREE = new Tree();
    private static final Tree SITE = new Tree();

    @BeforeAll
    static void make() {
        TREE.file("caffeine.toml", TOML, "rw-r--r--")
                .file("pages/404.html", "<p>no such thing é</p>", "rw-r--r--")
                .file("pages/4xx.txt", "your mistake", "rw-r--r--")
                .file("pages/5xx.json", "{\"mine\": true}", "rw-r--r--");
        SITE.sh("cgi-bin/api/x", HEAD + "echo \"$REQUEST_METHOD $OTHER $LANG\"\n")
                .sh("cgi-bin/set", HEAD + "echo \"$ALL $BOTH $ROUTE\"\n")
                .sh("cgi-bin/others", HEAD + "echo \"$ALL $BOTH $ROUTE\"\n")
                .sh("cgi-bin/api/set", HEAD + "echo \"$ALL $BOTH $ROUTE\"\n")
                .sh("cgi-bin/api/slow", "sleep 60\n")
                .sh("cgi-bin/y", HEAD + "echo \"$REQUEST_METHOD $OTHER $LANG\"\n")
                .sh(
                        "cgi-bin/one",
                        HEAD + ": > \"$PATH_INFO.begun\"; cat \"$PATH_INFO\"; echo end\n")
                .sh("cgi-bin/own", "printf 'Status: 404\\nContent-Type: text/plain\\n\\nown'\n")
                .sh("cgi-bin/empty", "exit 0\n")
                .sh("cgi-bin/slash", HEAD + "echo \"$PATH_INFO $PATH_TRANSLATED $REQUEST_URI\"\n")
                .sh(".well-known/acme", HEAD + "echo \"$SCRIPT_NAME $PATH_INFO\"\n")
                .sh("plain", HEAD + "echo cgi\n");
    }

    @AfterAll
    static void clean() {
        TREE.close();
        SITE.close();
    }

    private static Server.Builder serving(EngineKind engine) {
        return Server.of(SITE.root(), engine)
                .options("--config", TREE.resolve("caffeine.toml").toString())
                .options("--pass-env", "LANG,BOTH")
                .with("OTHER", "other")
                .with("BOTH", "passed")
                .with("LANG", "C.UTF-8");
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void holdOnEveryEngine(EngineKind engine) {
        try (Server server = serving(engine).start()) {
            methods(server);
            environment(server);
            assertThat(server.get("/plain").text()).isEqualTo("cgi\n");
            assertThat(server.get("/cgi-bin/api/slow").status()).isEqualTo(504);
            slashes(server);
            if (!engine.isSequential()) {
                limits(server); // of several clients
            }
            pages(server);
            server.stop();
        }
    }

    private static void methods(Server server) {
        Response refused = server.exchange(Requests.head("DELETE", "/cgi-bin/api/x"));
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.field("Allow")).isEqualTo("GET, HEAD, POST");
        assertThat(refused.hasOption("close")).isFalse();
        assertThat(server.exchange(Requests.post("/cgi-bin/api/x", "")).status()).isEqualTo(200);
        assertThat(server.exchange(Requests.head("DELETE", "/cgi-bin/y")).status()).isEqualTo(200);
    }

    private static void environment(Server server) {
        assertThat(server.get("/cgi-bin/api/x").text()).isEqualTo("GET other \n");
        assertThat(server.get("/cgi-bin/y").text()).isEqualTo("GET  C.UTF-8\n");
        assertThat(server.get("/cgi-bin/set").text()).isEqualTo("all route it's = \"e\"\n");
        assertThat(server.get("/cgi-bin/others").text()).isEqualTo("all all \n");
        assertThat(server.get("/cgi-bin/api/set").text()).isEqualTo("all all \n");
    }

    private static void slashes(Server server) {
        String script = "/cgi-bin/slash";
        assertThat(server.get(script + "/a%2Fb").text())
                .isEqualTo("/a/b " + SITE.root() + "/a/b " + script + "/a%2Fb\n");
        assertThat(server.get(script + "/kept/..%2fb").text())
                .startsWith("/kept/..%2Fb " + SITE.root() + "/kept/..%2Fb ");
        for (String path : new String[] {"/a%2F..%2F..", "/..%2Fb", "%2Fa"}) {
            assertThat(server.get(script + path).status()).as(path).isEqualTo(400);
        }
        assertThat(server.get("/cgi-bin/y/a%2Fb").status()).isEqualTo(400);
        assertThat(server.get("/.well-known/acme/x").text()).isEqualTo("/.well-known/acme /x\n");
    }

    /** While one of the route runs, none other of it does, and all others do. */
    private static void limits(Server server) {
        Path gate = TREE.resolve("gate");
        fifo(gate);
        try (Wire wire = server.open()) {
            wire.send(Requests.get("/cgi-bin/one" + gate));
            Await.until(
                    () -> "the script runs",
                    Await.PATIENCE,
                    () -> Files.exists(TREE.resolve("gate.begun")));
            assertThat(server.get("/cgi-bin/one" + gate).status()).isEqualTo(503);
            assertThat(server.get("/cgi-bin/y").status()).isEqualTo(200);
            open(gate);
            assertThat(wire.response().text()).isEqualTo("end\n");
        }
        TREE.file("gate", "", "rw-r--r--");
        assertThat(server.get("/cgi-bin/one" + gate).text()).isEqualTo("end\n");
        Tree.delete(gate);
        Tree.delete(TREE.resolve("gate.begun"));
    }

    private static void pages(Server server) {
        Response missing = server.get("/missing");
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.field("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(missing.field("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(missing.text()).isEqualTo("<p>no such thing \u00c3\u00a9</p>");
        try (Wire wire = server.open()) {
            Response head =
                    wire.send(Requests.head("HEAD", "/missing", "Connection: close"))
                            .responseToHead();
            assertThat(head.field("Content-Length")).isEqualTo(missing.field("Content-Length"));
            wire.awaitEnd();
        }
        assertThat(server.exchange("GET / HTTP/1.1\r\n\r\n").text()).isEqualTo("your mistake");
        assertThat(server.exchange(Requests.head("PUT", "/cgi-bin/api/x")).text())
                .isEqualTo("your mistake");
        Response empty = server.get("/cgi-bin/empty");
        assertThat(empty.status()).isEqualTo(502);
        assertThat(empty.field("Content-Type")).isEqualTo("application/json");
        assertThat(empty.text()).isEqualTo("{\"mine\": true}");
        assertThat(server.get("/cgi-bin/own").text()).isEqualTo("own");
    }

    /** What a dead worker held of a route is free again, though its script runs on. */
    @Test
    void outliveTheirWorkers() {
        Path gate = TREE.resolve("gate");
        fifo(gate);
        try (Server server = serving(EngineKind.PREFORK).start();
                Wire wire = server.open()) {
            wire.send(Requests.get("/cgi-bin/one" + gate));
            Await.until("the script runs", () -> Files.exists(TREE.resolve("gate.begun")));
            server.workers().forEach(pid -> Procs.kill("KILL", pid));
            TREE.file("empty", "", "rw-r--r--");
            String other = "/cgi-bin/one" + TREE.resolve("empty");
            Await.until("a slot is free", () -> answers(server, other));
            open(gate);
            server.awaitNoHandlers();
            assertThat(server.get(other).text()).isEqualTo("end\n");
            server.stop();
        } finally {
            Tree.delete(TREE.resolve("gate.begun"));
        }
    }

    /** A client that is passed to a worker in its last moment may be reset. */
    private static boolean answers(Server server, String target) {
        try {
            return server.get(target).status() == 200;
        } catch (RuntimeException | AssertionError reset) {
            return false;
        }
    }

    @Test
    void aPageMayBeAsLongAsIsAllowed() {
        TREE.file("long.toml", "error-pages.404 = \"long.txt\"\n", "rw-r--r--");
        TREE.file("long.txt", "x".repeat(1 << 20), "rw-r--r--");
        try (Server server =
                Server.of(SITE.root(), EngineKind.PREFORK)
                        .options("--config", TREE.resolve("long.toml").toString())
                        .start()) {
            assertThat(server.get("/missing").text()).hasSize(1 << 20);
        }
    }

    @Test
    void areReadAgainWithTheRest() {
        String route = "[routes.\"/cgi-bin/y\"]\nmethods = [\"POST\"]\n";
        String page = "[error-pages]\n404 = \"page.txt\"\n";
        String set = "env.ALL = \"%s\"\n";
        TREE.file("changing.toml", set.formatted("1") + route + page, "rw-r--r--")
                .file("page.txt", "1", "rw-r--r--");
        try (Server server =
                Server.of(SITE.root(), EngineKind.PREFORK)
                        .options("--config", TREE.resolve("changing.toml").toString())
                        .start()) {
            assertThat(server.get("/cgi-bin/y").status()).isEqualTo(405);
            assertThat(server.get("/missing").text()).isEqualTo("1");

            assertThat(server.get("/cgi-bin/others").text()).isEqualTo("1  \n");

            TREE.file("changing.toml", set.formatted("2") + page, "rw-r--r--")
                    .file("page.txt", "2", "rw-r--r--");
            server.signal("HUP");
            Await.until("the page is new", () -> server.get("/missing").text().equals("2"));
            assertThat(server.get("/cgi-bin/y").status()).isEqualTo(200);
            assertThat(server.get("/cgi-bin/others").text()).isEqualTo("2  \n");

            Tree.delete(TREE.resolve("page.txt"));
            server.signal("HUP");
            String said = server.log().await("error-pages\\.404", Await.PATIENCE);
            assertThat(said)
                    .contains("changing.toml:3: error-pages.404: ")
                    .contains(" is not there; ");
            assertThat(server.get("/missing").text()).isEqualTo("2");
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void whoMayNotConnectReadsThePageToo(EngineKind engine) {
        engine.servesSeveralAtOnce();
        try (Server server = serving(engine).options("--max-connections-per-address", "1").start();
                Wire first = server.open()) {
            assertThat(first.send(Requests.get("/cgi-bin/y")).response().status()).isEqualTo(200);
            try (Wire second = server.open()) {
                Response refused = second.response();
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.text()).isEqualTo("{\"mine\": true}");
                assertThat(refused.field("Retry-After")).isEqualTo("1");
            }
        }
    }

    private static void fifo(Path path) {
        Run.of("mkfifo", path.toString()).output();
    }

    /** Lets who reads from the FIFO come to its end. */
    private static void open(Path path) {
        Run.of("sh", "-c", ": > \"$0\"; rm \"$0\"", path.toString()).output();
    }
}

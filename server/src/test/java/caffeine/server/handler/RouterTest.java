package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import caffeine.http.HttpException;
import caffeine.http.ResponseHead;
import caffeine.server.options.FileOptions;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

class RouterTest {

    private static final String HOST = " HTTP/1.1\r\nHost: a.test\r\n";

    private static TestResponse ask(Router router, String request) {
        return ask(router, request, "");
    }

    private static TestResponse ask(Router router, String request, String fields) {
        TestClient client = new TestClient(router);
        client.send(request + HOST + fields + "\r\n");
        return request.startsWith("HEAD ") ? client.responseToHead() : client.response();
    }

    private static String text(Router router, String request) {
        return ask(router, request).text();
    }

    private static RequestFunction says(String text) {
        return _ -> Response.text(text);
    }

    @Nested
    class Paths {

        @Test
        void areFoundByMethodAndPath() {
            Router router =
                    Router.create()
                            .get("/", says("root"))
                            .get("/notes", says("list"))
                            .post("/notes", says("made"))
                            .get("/notes/", says("slash"));
            assertThat(text(router, "GET /")).isEqualTo("root");
            assertThat(text(router, "GET /notes")).isEqualTo("list");
            assertThat(text(router, "POST /notes")).isEqualTo("made");
            assertThat(text(router, "GET /notes/")).isEqualTo("slash");
            assertThat(text(router, "GET /a/../notes")).isEqualTo("list");
            assertThat(text(router, "GET /n%6ftes?q")).isEqualTo("list");
            assertThat(text(router, "GET http://a.test/notes")).isEqualTo("list");
        }

        @Test
        void haveParameters() {
            Router router =
                    Router.create()
                            .get("/notes/{id}", r -> Response.text("note " + r.pathInt("id")))
                            .get("/{a}/x/{b}", r -> Response.text(r.path("a") + r.path("b")))
                            .get(
                                    "/files/{path...}",
                                    r -> Response.text("<" + r.path("path") + ">"));
            assertThat(text(router, "GET /notes/7")).isEqualTo("note 7");
            assertThat(text(router, "GET /caf%C3%A9/x/%20")).isEqualTo("café ");
            assertThat(text(router, "GET /files/a/b%2Ec")).isEqualTo("<a/b.c>");
            assertThat(text(router, "GET /files/")).isEqualTo("<>");
            assertThat(text(router, "GET /files/a/")).isEqualTo("<a/>");
            assertThat(ask(router, "GET /files").status()).isEqualTo(404);
            assertThat(ask(router, "GET /notes/").status()).isEqualTo(404);
        }

        @Test
        void withoutANumberWhereOneIsWantedAreNotThere() {
            Router router = Router.create().get("/{id}", r -> Response.text("" + r.pathInt("id")));
            for (String path : List.of("/x", "/1.5", "/99999999999", "/-")) {
                assertThat(ask(router, "GET " + path).status()).as(path).isEqualTo(404);
            }
            assertThat(text(router, "GET /-3")).isEqualTo("-3");
        }

        @Test
        void areMostSpecificFirstWhateverTheirOrder() {
            Router router =
                    Router.create()
                            .get("/{path...}", says("rest"))
                            .get("/{a}/{b}", says("parameters"))
                            .get("/a/{b}", says("half"))
                            .get("/a/b", says("literal"))
                            .post("/a/c", says("posted"));
            assertThat(text(router, "GET /a/b")).isEqualTo("literal");
            assertThat(text(router, "GET /a/x")).isEqualTo("half");
            assertThat(text(router, "GET /x/b")).isEqualTo("parameters");
            assertThat(text(router, "GET /x/b/c")).isEqualTo("rest");
            assertThat(text(router, "GET /a/b/c")).isEqualTo("rest");
            assertThat(text(router, "GET /a/c"))
                    .as("the literal has another method")
                    .isEqualTo("half");
        }

        @Test
        void inManyNumbersDoNotMakeARequestSlower() {
            Router router = Router.create();
            for (int i = 0; i < 10_000; i++) {
                router.get("/r" + i + "/{id}", says("route " + i));
            }
            assertThat(text(router, "GET /r9999/1")).isEqualTo("route 9999");
            String deep = "/x".repeat(2000);
            assertThat(ask(router, "GET " + deep).status()).isEqualTo(404);
        }

        @Test
        void thatAreMalformedAreRefused() {
            Router router = Router.create().get("/{path...}", says("x"));
            for (String path : List.of("/%", "/%C3", "/a%2fb", "/..", "/%00")) {
                assertThat(ask(router, "GET " + path).status()).as(path).isEqualTo(400);
            }
        }

        @Test
        void mayHaveSemicolonsAndOtherCharacters() {
            Router router = Router.create().get("/a;v=1/b c", says("here"));
            assertThat(text(router, "GET /a;v=1/b%20c")).isEqualTo("here");
        }
    }

    @Nested
    class Methods {

        private final Router router =
                Router.create()
                        .get("/notes/{id}", says("read"))
                        .put("/notes/{id}", says("written"))
                        .delete("/notes/7", _ -> Response.of(204))
                        .route("PURGE", "/cache", says("purged"))
                        .route("*", "/any", r -> Response.text(r.method()));

        @Test
        void ofNoRouteAre405WithThoseOfThePath() {
            TestResponse response = ask(router, "POST /notes/7");
            assertThat(response.status()).isEqualTo(405);
            assertThat(response.field("Allow")).isEqualTo("DELETE, GET, HEAD, OPTIONS, PUT");
            assertThat(ask(router, "GET /nothing").status()).isEqualTo(404);
        }

        @Test
        void headIsAnsweredLikeGet() {
            TestResponse response = ask(router, "HEAD /notes/7");
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.field("Content-Length")).isEqualTo("4");
            assertThat(response.content()).isEmpty();
        }

        @Test
        void optionsTellsThoseOfThePath() {
            TestResponse response = ask(router, "OPTIONS /notes/8");
            assertThat(response.status()).isEqualTo(204);
            assertThat(response.field("Allow")).isEqualTo("GET, HEAD, OPTIONS, PUT");
            assertThat(ask(router, "OPTIONS *").status()).isEqualTo(204);
            assertThat(ask(router, "OPTIONS /nothing").status()).isEqualTo(404);
        }

        @Test
        void mayBeAnyTokenAndAllOfThem() {
            assertThat(text(router, "PURGE /cache")).isEqualTo("purged");
            assertThat(text(router, "REPORT /any")).isEqualTo("REPORT");
            assertThat(text(router, "OPTIONS /any")).isEqualTo("OPTIONS");
        }
    }

    @Nested
    class Conflicts {

        @Test
        void nameBothRoutes() {
            Router router = Router.create().get("/notes/{id}", says("a"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> router.get("/notes/{name}", says("b")))
                    .withMessage(
                            "two routes for the same requests: GET /notes/{id} and GET"
                                    + " /notes/{name}");
            router.put("/notes/{name}", says("another method"));
            Router sub = Router.create().get("/{number}", says("c"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> router.mount("/notes", sub))
                    .withMessageContaining("GET /notes/{id} and GET /notes/{number}");
        }

        @Test
        void areRefusedLikePatternsThatAreNone() {
            for (String pattern :
                    List.of(
                            "",
                            "notes",
                            "/{}",
                            "/{a}{b}",
                            "/a{b}",
                            "/{a...}/b",
                            "/{a}/{a}",
                            "/{a b}",
                            "/..",
                            "/a/./b",
                            "/{",
                            "/}",
                            "/{a..}")) {
                assertThatIllegalArgumentException()
                        .as(pattern)
                        .isThrownBy(() -> Router.create().get(pattern, says("x")));
            }
        }

        @Test
        void withTheFirstRequestAreImpossible() {
            Router router = Router.create().get("/", says("x"));
            assertThat(text(router, "GET /")).isEqualTo("x");
            assertThatIllegalStateException().isThrownBy(() -> router.get("/late", says("x")));
            assertThatIllegalStateException()
                    .isThrownBy(() -> router.filter((r, next) -> next.answer(r)));
        }
    }

    @Nested
    class Mounts {

        @Test
        void lieBelowTheirPrefix() {
            Router notes =
                    Router.create()
                            .get("/", says("all"))
                            .get("/{id}", r -> Response.text(r.path("version") + r.path("id")));
            Router router = Router.create().get("/", says("root")).mount("/api/{version}", notes);
            assertThat(text(router, "GET /api/2/7")).isEqualTo("27");
            assertThat(text(router, "GET /api/2")).isEqualTo("all");
            assertThat(text(router, "GET /")).isEqualTo("root");
            assertThatIllegalStateException().isThrownBy(() -> notes.get("/late", says("x")));
        }

        @Test
        void haveTheirFiltersWithinThoseOfTheOuterOne() {
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            Router inner = Router.create().get("/x", says("x")).filter(notes(order, "inner"));
            Router outer = Router.create().mount("/in", inner).get("/y", says("y"));
            outer.filter(notes(order, "outer"));
            assertThat(text(outer, "GET /in/x")).isEqualTo("x");
            assertThat(text(outer, "GET /y")).isEqualTo("y");
            assertThat(order).containsExactly("outer", "inner", "outer");
        }

        private static Filter notes(List<String> order, String name) {
            return (request, next) -> {
                order.add(name);
                return next.answer(request);
            };
        }
    }

    @Nested
    class FiltersOfARouter {

        @Test
        void seeRequestAndResponse() {
            Router router =
                    Router.create()
                            .filter((r, next) -> next.answer(r).with("X-First", "1"))
                            .filter(
                                    (r, next) ->
                                            next.answer(r.with("user", "ada"))
                                                    .with("X-Second", "2"))
                            .get("/", r -> Response.text(r.attribute("user", String.class)));
            TestResponse response = ask(router, "GET /");
            assertThat(response.text()).isEqualTo("ada");
            assertThat(response.field("X-First")).isEqualTo("1");
            assertThat(response.field("X-Second")).isEqualTo("2");
            assertThat(ask(router, "GET /nothing").status()).isEqualTo(404);
        }

        @Test
        void mayAnswerThemselves() {
            Router router =
                    Router.create()
                            .filter((_, _) -> Response.of(403))
                            .get("/", says("secret"))
                            .streaming("GET", "/stream", x -> x.respond(Response.text("secret")))
                            .events("/events", events -> events.send("secret"));
            for (String path : List.of("/", "/stream", "/events", "/nothing")) {
                TestResponse response = ask(router, "GET " + path);
                assertThat(response.status()).as(path).isEqualTo(403);
                assertThat(response.text()).isEmpty();
            }
        }

        @Test
        void surroundHandlersThatAnswerInPieces(@TempDir Path folder) throws IOException {
            java.nio.file.Files.writeString(folder.resolve("a.txt"), "file");
            try (Router router =
                    Router.create()
                            .filter((r, next) -> next.answer(r).with("X-Trace", "7"))
                            .streaming("POST", "/upper", RouterTest::upper)
                            .files("/files", folder)
                            .handle(
                                    "GET",
                                    "/constant",
                                    Handlers.always(Response.text("constant")))) {
                TestResponse upper = post(router, "/upper", "quiet");
                assertThat(upper.text()).isEqualTo("QUIET");
                assertThat(upper.field("X-Trace")).isEqualTo("7");
                TestResponse file = ask(router, "GET /files/a.txt");
                assertThat(file.text()).isEqualTo("file");
                assertThat(file.field("X-Trace")).isEqualTo("7");
                assertThat(ask(router, "GET /constant").field("X-Trace")).isEqualTo("7");
                TestResponse missing = ask(router, "GET /files/b.txt");
                assertThat(missing.status()).isEqualTo(404);
                assertThat(missing.field("X-Trace")).isEqualTo("7");
            }
        }

        @Test
        void letContentWait() {
            Router router =
                    Router.create()
                            .filter(
                                    (r, next) -> {
                                        Thread.sleep(20);
                                        return next.answer(r);
                                    })
                            .streaming("POST", "/upper", RouterTest::upper);
            String content = "x".repeat(300_000);
            assertThat(post(router, "/upper", content).text())
                    .isEqualTo(content.toUpperCase(Locale.ROOT));
        }

        @Test
        void thatFailAre500() {
            Router router =
                    Router.create()
                            .filter(
                                    (_, _) -> {
                                        throw new IllegalStateException("meant to happen");
                                    })
                            .get("/", says("x"))
                            .streaming("GET", "/stream", x -> x.respond(Response.text("x")));
            for (String path : List.of("/", "/stream")) {
                TestClient client = new TestClient(router);
                client.send("GET " + path + HOST + "\r\n");
                assertThat(client.response().status()).as(path).isEqualTo(500);
                assertThat(client.mistakes()).hasSize(1);
            }
        }
    }

    private static void upper(StreamingExchange exchange) throws IOException {
        var out = exchange.respond(ResponseHead.of(200));
        byte[] bytes = new byte[10_000];
        int count = exchange.content().read(bytes);
        while (count >= 0) {
            String text = new String(bytes, 0, count, StandardCharsets.US_ASCII);
            out.write(text.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII));
            count = exchange.content().read(bytes);
        }
    }

    private static TestResponse post(Router router, String path, String content) {
        TestClient client = new TestClient(router);
        client.send("POST " + path + HOST + "Content-Length: " + content.length() + "\r\n\r\n");
        client.send(content);
        return client.response();
    }

    @Nested
    class Errors {

        private static class NoSuchNote extends RuntimeException {
            private static final long serialVersionUID = 1;

            NoSuchNote(String message) {
                super(message);
            }
        }

        private static RequestFunction fails(Throwable e) {
            return _ -> {
                if (e instanceof Error error) {
                    throw error;
                }
                throw (Exception) e;
            };
        }

        @Test
        void areAnsweredByTheNearestClass() {
            Router router =
                    Router.create()
                            .onError(
                                    Exception.class,
                                    (_, e) -> Response.text("any " + e.getMessage()))
                            .onError(
                                    NoSuchNote.class,
                                    (r, e) ->
                                            Response.problem(404, r.path() + " " + e.getMessage()))
                            .get("/note", fails(new NoSuchNote("\"seven\"")))
                            .get("/io", fails(new IOException("disk")))
                            .get("/error", fails(new StackOverflowError()));
            TestResponse note = ask(router, "GET /note");
            assertThat(note.status()).isEqualTo(404);
            assertThat(note.field("Content-Type")).isEqualTo("application/problem+json");
            assertThat(note.text())
                    .isEqualTo(
                            "{\"status\":404,\"title\":\"Not Found\","
                                    + "\"detail\":\"/note \\\"seven\\\"\"}");
            assertThat(text(router, "GET /io")).isEqualTo("any disk");
            assertThat(ask(router, "GET /error").status()).isEqualTo(500);
        }

        @Test
        void ofStatusesHaveTheirOwnAnswers() {
            Router router =
                    Router.create()
                            .onStatus(
                                    404, (r, _) -> Response.html("no " + r.path()).withStatus(404))
                            .onStatus(405, (_, _) -> Response.text("not so").withStatus(405))
                            .get("/here", says("x"))
                            .get("/thrown", fails(new HttpException(404, "mine", "gone")));
            assertThat(text(router, "GET /nothing")).isEqualTo("no /nothing");
            assertThat(text(router, "GET /thrown")).isEqualTo("no /thrown");
            TestResponse other = ask(router, "PUT /here");
            assertThat(other.text()).isEqualTo("not so");
            assertThat(other.field("Allow")).isEqualTo("GET, HEAD, OPTIONS");
        }

        @Test
        void areSeenByFiltersAsAnswers() {
            Router router =
                    Router.create()
                            .filter((r, next) -> next.answer(r).with("X-Status", "seen"))
                            .onError(NoSuchNote.class, (_, _) -> Response.of(404))
                            .get("/", fails(new NoSuchNote("x")));
            assertThat(ask(router, "GET /").field("X-Status")).isEqualTo("seen");
        }

        @Test
        void ofStreamsAreAnsweredBeforeTheirResponse() {
            Router inner =
                    Router.create()
                            .streaming(
                                    "GET",
                                    "/early",
                                    _ -> {
                                        throw new NoSuchNote("seven");
                                    })
                            .streaming(
                                    "GET",
                                    "/late",
                                    exchange -> {
                                        var _ = exchange.respond(ResponseHead.of(200));
                                        throw new NoSuchNote("seven");
                                    });
            Router router =
                    Router.create()
                            .mount("/in", inner)
                            .onError(
                                    NoSuchNote.class,
                                    (_, e) -> Response.problem(404, e.getMessage()))
                            .filter((r, next) -> next.answer(r).with("X-Trace", "1"));
            TestResponse early = ask(router, "GET /in/early");
            assertThat(early.status()).isEqualTo(404);
            assertThat(early.text()).contains("seven");
            assertThat(early.field("X-Trace")).isEqualTo("1");
            assertThat(ask(router, "GET /in/late").status()).isEqualTo(500);
        }

        @Test
        void ofAnInnerRouterGoToTheOuterOneWhenItHasNoAnswer() {
            Router inner = Router.create().get("/", fails(new NoSuchNote("x")));
            Router outer =
                    Router.create()
                            .mount("/in", inner)
                            .onError(NoSuchNote.class, (_, _) -> Response.of(410));
            assertThat(ask(outer, "GET /in").status()).isEqualTo(410);
        }
    }

    @Nested
    class FilesOfARouter {

        @Test
        void lieBelowTheirPrefix(@TempDir Path folder) throws IOException {
            java.nio.file.Files.createDirectory(folder.resolve("sub"));
            java.nio.file.Files.writeString(folder.resolve("sub/index.html"), "<p>sub");
            java.nio.file.Files.writeString(folder.resolve("a b.txt"), "a");
            Router inner = Router.create().files("/static", folder);
            try (Router router = Router.create().mount("/{site}", inner)) {
                assertThat(text(router, "GET /x/static/a%20b.txt")).isEqualTo("a");
                assertThat(text(router, "GET /x/static/sub/")).isEqualTo("<p>sub");
                TestResponse moved = ask(router, "GET /x/static/sub?q");
                assertThat(moved.status()).isEqualTo(308);
                assertThat(moved.field("Location")).isEqualTo("/x/static/sub/?q");
                assertThat(ask(router, "GET /y/static").field("Location")).isEqualTo("/y/static/");
                assertThat(ask(router, "GET //evil.test/../../y/static").status()).isEqualTo(400);
                assertThat(ask(router, "GET /x/static/none").status()).isEqualTo(404);
                assertThat(ask(router, "POST /x/static/sub/").status()).isEqualTo(405);
            }
        }

        @Test
        void areListedUnderTheirAddress(@TempDir Path folder) throws IOException {
            java.nio.file.Files.createDirectory(folder.resolve("sub"));
            FileOptions listing = FileOptions.DEFAULT.withListing(true);
            try (Router router = Router.create().files("/static", folder, listing)) {
                assertThat(text(router, "GET /static/sub/")).contains("Index of /static/sub/<");
                assertThat(text(router, "GET /static/")).contains("Index of /static/<");
            }
        }

        @Test
        void needAFolder() {
            assertThat(
                            org.assertj.core.api.Assertions.catchThrowable(
                                    () -> Router.create().files("/", Path.of("/nowhere"))))
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void webSocketIsARoute() {
        Router router =
                Router.create()
                        .filter((r, next) -> next.answer(r).with("X-Trace", "1"))
                        .webSocket(
                                "/chat/{room}",
                                new WebSocketHandler() {
                                    @Override
                                    public void text(WebSocket socket, String message) {
                                        boolean _ =
                                                socket.send(
                                                        socket.request().path("room") + message);
                                    }
                                });
        var socket = new TestClient(router).webSocket("/chat/blue");
        assertThat(socket.send(" hi").text()).isEqualTo("blue hi");
        assertThat(ask(router, "GET /chat/blue").status()).isEqualTo(426);
    }

    @Test
    void functionsOfANonBlockingRouterRunOnTheThreadOfTheConnection() {
        List<Boolean> virtual = Collections.synchronizedList(new ArrayList<>());
        RequestFunction function =
                _ -> {
                    virtual.add(Thread.currentThread().isVirtual());
                    return Response.of(204);
                };
        assertThat(ask(Router.create().get("/", function), "GET /").status()).isEqualTo(204);
        assertThat(ask(Router.nonBlocking().get("/", function), "GET /").status()).isEqualTo(204);
        assertThat(virtual).containsExactly(true, false);
    }
}

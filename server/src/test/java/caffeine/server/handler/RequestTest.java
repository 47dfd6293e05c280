package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.form.SetCookie;
import caffeine.server.core.Handler;
import caffeine.server.testing.Until;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** What a function finds in a request, and what it can answer. */
class RequestTest {

    private static final String HOST = " HTTP/1.1\r\nHost: a.test\r\n";

    private static TestResponse get(RequestFunction function, String target, String... fields) {
        String lines = String.join("", Stream.of(fields).map(each -> each + "\r\n").toList());
        TestClient client = new TestClient(Handlers.of(function));
        return client.send("GET " + target + HOST + lines + "\r\n").response();
    }

    private static TestResponse post(Handler handler, String type, String content) {
        return new TestClient(handler)
                .send("POST /" + HOST + "Content-Type: " + type + "\r\n")
                .send("Content-Length: " + content.length() + "\r\n\r\n" + content)
                .response();
    }

    private static final String TYPE = "multipart/form-data; boundary=xx";

    private static String part(String name, String fileName, String content) {
        String file = fileName.isEmpty() ? "" : "; filename=\"" + fileName + "\"";
        return "--xx\r\nContent-Disposition: form-data; name=\""
                + name
                + "\""
                + file
                + "\r\n\r\n"
                + content
                + "\r\n";
    }

    @Nested
    class Queries {

        @Test
        void areDecoded() {
            RequestFunction function =
                    r ->
                            Response.text(
                                    r.query("q").orElse("none")
                                            + r.queries().all("t")
                                            + r.query("x").isPresent());
            assertThat(get(function, "/?q=a+b%26&t=1&t=%C3%A9&x").text())
                    .isEqualTo("a b&[1, é]true");
            assertThat(get(function, "/").text()).isEqualTo("none[]false");
        }

        @Test
        void thatAreMalformedAre400() {
            RequestFunction function = r -> Response.text(r.query("q").orElse(""));
            for (String query : List.of("q=%", "q=%4", "q=%zz", "q=%C3")) {
                assertThat(get(function, "/?" + query).status()).as(query).isEqualTo(400);
            }
        }
    }

    @Nested
    class CookiesOfARequest {

        @Test
        void areFoundByName() {
            RequestFunction function =
                    r -> Response.text(r.cookie("b").orElse("none")).with(SetCookie.of("c", "3"));
            TestResponse response = get(function, "/", "Cookie: a=1; =; b=2; nonsense; b=9");
            assertThat(response.text()).isEqualTo("2");
            assertThat(response.field("Set-Cookie")).startsWith("c=3");
            assertThat(get(function, "/").text()).isEqualTo("none");
        }
    }

    @Nested
    class Forms {

        private final Handler whole =
                Handlers.of(
                        r ->
                                Response.text(
                                        r.form("title").orElse("none")
                                                + r.form().values("tag")
                                                + r.form().files().stream()
                                                        .map(f -> f.name() + ":" + f.size())
                                                        .toList()));

        private final Handler streaming =
                Handlers.streaming(
                        x -> {
                            Form form = x.form();
                            x.respond(
                                    Response.text(
                                            form.value("title").orElse("none")
                                                    + form.values("tag")
                                                    + form.files().stream()
                                                            .map(f -> f.name() + ":" + f.size())
                                                            .toList()));
                        });

        @Test
        void areUrlencoded() {
            String content = "title=a+b&tag=1&tag=%C3%A9";
            for (Handler each : List.of(whole, streaming)) {
                assertThat(post(each, "application/x-www-form-urlencoded", content).text())
                        .isEqualTo("a b[1, é][]");
            }
        }

        @Test
        void areMultipartWithFiles() {
            String content =
                    part("title", "", "hello")
                            + part("tag", "", "1")
                            + part("file", "../../x.txt", "four")
                            + part("big", "big", "y".repeat(100_000))
                            + "--xx--\r\n";
            for (Handler each : List.of(whole, streaming)) {
                assertThat(post(each, TYPE, content).text())
                        .isEqualTo("hello[1][x.txt:4, big:100000]");
            }
        }

        @Test
        void ofAnotherTypeHaveNoFields() {
            assertThat(post(whole, "text/plain", "title=x").text()).isEqualTo("none[][]");
            assertThat(post(streaming, "text/plain", "title=x").status()).isEqualTo(415);
        }

        @Test
        void thatAreMalformedAre400() {
            for (Handler each : List.of(whole, streaming)) {
                for (String content :
                        List.of("", "--xx", "--xx\r\n\r\nno name\r\n--xx--", part("a", "", "b"))) {
                    assertThat(post(each, TYPE, content).status()).as(content).isEqualTo(400);
                }
                assertThat(post(each, "multipart/form-data", "").status()).isEqualTo(400);
            }
        }

        @Test
        void ofAMillionFieldsAreRefused() {
            String content = "a&".repeat(1_000_000);
            for (Handler each : List.of(whole, streaming)) {
                assertThat(post(each, "application/x-www-form-urlencoded", content).status())
                        .isEqualTo(413);
            }
            assertThat(post(whole, TYPE, part("a", "", "").repeat(1_001) + "--xx--").status())
                    .isEqualTo(413);
        }

        @Test
        void storeLargeFilesOnDiskUntilTheHandlerReturns(@TempDir Path folder) throws IOException {
            List<Path> temporary = new CopyOnWriteArrayList<>();
            Path kept = folder.resolve("kept");
            Handler handler =
                    Handlers.streaming(
                            x -> {
                                Form.File file = x.form().file("big").orElseThrow();
                                try (Stream<Path> all = Files.list(x.form().folder())) {
                                    temporary.addAll(all.toList());
                                }
                                file.saveTo(kept);
                                try (var in = file.open()) {
                                    x.respond(Response.text("" + in.readAllBytes().length));
                                }
                            });
            String content = part("big", "big", "z".repeat(200_000)) + "--xx--";
            assertThat(post(handler, TYPE, content).text()).isEqualTo("200000");
            assertThat(Files.size(kept)).isEqualTo(200_000);
            assertThat(temporary).hasSize(1);
            Path made = temporary.getFirst().getParent();
            Until.holds("all is deleted", () -> !Files.exists(made)); // after the response
        }
    }

    @Nested
    class Texts {

        @Test
        void haveTheirCharset() {
            Handler handler = Handlers.of(r -> Response.text(r.text()));
            assertThat(post(handler, "text/plain; charset=ISO-8859-1", "caf\u00e9").text())
                    .isEqualTo("café");
            assertThat(post(handler, "text/plain; charset=\"utf-8\"", "caf\u00c3\u00a9").text())
                    .isEqualTo("café");
            assertThat(post(handler, "text/plain; charset=klingon", "x").status()).isEqualTo(415);
            assertThat(post(handler, "text/plain", "caf\u00e9").status()).isEqualTo(400);
        }
    }

    @Nested
    class Responses {

        @Test
        void mayBeFilesWithRangesAndConditions(@TempDir Path folder) throws IOException {
            Path file = folder.resolve("a.txt");
            Files.writeString(file, "0123456789");
            Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH.minusSeconds(10)));
            RequestFunction function =
                    _ -> Response.file(file).with("Content-Disposition", "attachment");
            TestResponse whole = get(function, "/");
            assertThat(whole.text()).isEqualTo("0123456789");
            assertThat(whole.field("Content-Type")).isEqualTo("text/plain; charset=utf-8");
            assertThat(whole.field("Content-Disposition")).isEqualTo("attachment");
            TestResponse part = get(function, "/", "Range: bytes=2-4");
            assertThat(part.status()).isEqualTo(206);
            assertThat(part.text()).isEqualTo("234");
            String tag = whole.field("ETag");
            assertThat(get(function, "/", "If-None-Match: " + tag).status()).isEqualTo(304);
            assertThat(get(_ -> Response.file(folder.resolve("no")), "/").status()).isEqualTo(404);
            assertThat(get(_ -> Response.file(folder), "/").status()).isEqualTo(404);
        }

        @Test
        void mayBeWrittenByAFunction() {
            String line = "x".repeat(999) + "\n";
            RequestFunction function =
                    _ ->
                            Response.stream(
                                    "text/csv",
                                    out -> {
                                        for (int i = 0; i < 500; i++) {
                                            out.write(line.getBytes(StandardCharsets.US_ASCII));
                                        }
                                    });
            TestResponse response = get(function, "/");
            assertThat(response.text()).isEqualTo(line.repeat(500));
            assertThat(response.field("Content-Type")).isEqualTo("text/csv");
            TestClient blocking = new TestClient(Handlers.blocking(function));
            assertThat(blocking.send("GET /" + HOST + "\r\n").response().content())
                    .hasSize(500_000);
            TestClient head = new TestClient(Handlers.of(function));
            assertThat(head.send("HEAD /" + HOST + "\r\n").responseToHead().status())
                    .isEqualTo(200);
            assertThat(head.send("GET /" + HOST + "\r\n").response().content()).hasSize(500_000);
        }

        @Test
        void thatFailWhileTheyAreWrittenNeverLookWhole() {
            TestClient client =
                    new TestClient(
                            Handlers.of(
                                    _ ->
                                            Response.stream(
                                                    "text/csv",
                                                    out -> {
                                                        out.write(new byte[100_000]);
                                                        out.flush();
                                                        throw new IllegalStateException("meant");
                                                    })));
            client.send("GET /" + HOST + "\r\n");
            StringBuilder received = new StringBuilder();
            client.await(
                    "the failure",
                    () -> {
                        received.append(client.received());
                        return client.isReset() || received.toString().startsWith("HTTP/1.1 500");
                    });
            assertThat(client.mistakes()).hasSize(1);
        }

        @Test
        void mayBeRedirects() {
            TestResponse response = get(_ -> Response.redirect("/there"), "/");
            assertThat(response.status()).isEqualTo(303);
            assertThat(response.field("Location")).isEqualTo("/there");
        }

        @Test
        void mayStoreContentAsAFile(@TempDir Path folder) throws IOException {
            Path target = folder.resolve("target");
            Files.writeString(target, "old");
            Handler handler =
                    Handlers.streaming(
                            x -> {
                                x.timeLimit(Duration.ZERO);
                                x.respond(Response.text("" + x.saveTo(target)));
                            });
            assertThat(post(handler, "text/plain", "q".repeat(200_000)).text()).isEqualTo("200000");
            assertThat(Files.size(target)).isEqualTo(200_000);
            TestClient gone = new TestClient(handler);
            gone.send("POST /" + HOST + "Content-Length: 9\r\n\r\nhalf");
            gone.end();
            gone.await("the end", gone::isOver);
            assertThat(Files.size(target)).isEqualTo(200_000);
            gone.await("no part is left", () -> names(folder).equals(List.of("target")));
        }

        private static List<String> names(Path folder) {
            try (Stream<Path> all = Files.list(folder)) {
                return all.map(each -> each.getFileName().toString()).toList();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}

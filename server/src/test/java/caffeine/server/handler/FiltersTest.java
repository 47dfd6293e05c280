package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.HttpException;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

class FiltersTest {

    private static TestResponse ask(Router router, String request, String... fields) {
        String lines = String.join("", Stream.of(fields).map(each -> each + "\r\n").toList());
        return new TestClient(router)
                .send(request + " HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n")
                .response();
    }

    @Nested
    class BasicAuthentication {

        private final Router router =
                Router.create()
                        .filter(
                                Filters.basicAuthentication(
                                        "a \"b\"",
                                        (user, password) ->
                                                user.equals("ada") && password.equals("x:é")))
                        .get("/", r -> Response.text(r.attribute("user", String.class)));

        private TestResponse ask(String credentials) {
            byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
            String encoded = Base64.getEncoder().encodeToString(bytes);
            return FiltersTest.ask(router, "GET /", "Authorization: basic " + encoded);
        }

        @Test
        void letsKnownUsersPass() {
            assertThat(ask("ada:x:é").text()).isEqualTo("ada");
        }

        @Test
        void challengesOthers() {
            for (TestResponse refused :
                    List.of(
                            ask("ada:wrong"),
                            ask("eve:x:é"),
                            ask("nocolon"),
                            FiltersTest.ask(router, "GET /"),
                            FiltersTest.ask(router, "GET /nothing"),
                            FiltersTest.ask(router, "GET /", "Authorization: Basic %%%"),
                            FiltersTest.ask(router, "GET /", "Authorization: Bearer abc"))) {
                assertThat(refused.status()).isEqualTo(401);
                assertThat(refused.field("WWW-Authenticate"))
                        .isEqualTo("Basic realm=\"a \\\"b\\\"\", charset=\"UTF-8\"");
            }
        }
    }

    @Nested
    class Cors {

        private final Router router =
                Router.create()
                        .filter(Filters.cors("https://app.example"))
                        .put("/notes", _ -> Response.of(204))
                        .get("/notes", _ -> Response.text("list"));

        @Test
        void allowsAnOrigin() {
            TestResponse response = ask(router, "GET /notes", "Origin: https://app.example");
            assertThat(response.text()).isEqualTo("list");
            assertThat(response.field("Access-Control-Allow-Origin"))
                    .isEqualTo("https://app.example");
            assertThat(response.field("Access-Control-Allow-Credentials")).isEqualTo("true");
            assertThat(response.field("Vary")).isEqualTo("Origin");
        }

        @Test
        void leavesOthersAlone() {
            for (String[] fields : new String[][] {{}, {"Origin: https://evil.example"}}) {
                TestResponse response = ask(router, "GET /notes", fields);
                assertThat(response.field("Access-Control-Allow-Origin")).isNull();
                assertThat(response.field("Vary")).isEqualTo("Origin");
            }
        }

        @Test
        void answersPreflights() {
            TestResponse response =
                    ask(
                            router,
                            "OPTIONS /notes",
                            "Origin: https://app.example",
                            "Access-Control-Request-Method: PUT",
                            "Access-Control-Request-Headers: content-type, x-a");
            assertThat(response.status()).isEqualTo(204);
            assertThat(response.field("Access-Control-Allow-Methods")).isEqualTo("PUT");
            assertThat(response.field("Access-Control-Allow-Headers"))
                    .isEqualTo("content-type, x-a");
            TestResponse options = ask(router, "OPTIONS /notes", "Origin: https://app.example");
            assertThat(options.field("Allow")).isEqualTo("GET, HEAD, OPTIONS, PUT");
        }

        @Test
        void ofAllOriginsHasNoCredentials() {
            Router open = Router.create().filter(Filters.cors("*")).get("/", _ -> Response.of(204));
            TestResponse response = ask(open, "GET /", "Origin: https://any.example");
            assertThat(response.field("Access-Control-Allow-Origin")).isEqualTo("*");
            assertThat(response.field("Access-Control-Allow-Credentials")).isNull();
            assertThat(response.field("Vary")).isNull();
        }
    }

    @Test
    void loggingTellsEachAnswer() {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        Router router =
                Router.create()
                        .filter(
                                Filters.logging(
                                        a -> {
                                            assertThat(a.time()).isPositive();
                                            lines.add(a.request() + " " + a.status());
                                        }))
                        .get("/", _ -> Response.of(204))
                        .get(
                                "/refused",
                                _ -> {
                                    throw new HttpException(409, "mine", "no");
                                })
                        .events("/events", _ -> {});
        assertThat(ask(router, "GET /").status()).isEqualTo(204);
        assertThat(ask(router, "GET /nothing").status()).isEqualTo(404);
        assertThat(ask(router, "GET /refused").status()).isEqualTo(409);
        assertThat(ask(router, "GET /events").status()).isEqualTo(200);
        assertThat(lines)
                .containsExactly(
                        "GET / 204", "GET /nothing 404", "GET /refused 409", "GET /events 0");
    }
}

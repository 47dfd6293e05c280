package caffeine.http.cgi;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.RequestHead;
import caffeine.http.RequestTarget;
import caffeine.http.cgi.MetaVariables.Context;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class MetaVariablesTest {
    private static final Context PLAIN = context("", -1, false);

    private static Context context(String pathInfo, long contentLength, boolean passAuthorization) {
        return new Context(
                "/srv/www",
                "/cgi-bin/echo",
                "/srv/www/cgi-bin/echo",
                pathInfo,
                "127.0.0.1",
                8080,
                "192.0.2.7",
                40_000,
                "Caffeine/1.0",
                passAuthorization,
                contentLength);
    }

    private static Map<String, String> variables(RequestHead head, Context context) {
        Map<String, String> variables = new LinkedHashMap<>();
        MetaVariables.write(
                head,
                context,
                (name, value) -> {
                    assertThat(name).matches("[A-Z][A-Z0-9_]*");
                    assertThat(variables.put(name, value)).as("%s twice", name).isNull();
                });
        return variables;
    }

    private static Map<String, String> variables(String... fields) {
        return variables(TestRequest.get("/cgi-bin/echo", fields), PLAIN);
    }

    private static Map<String, String> variables(RequestHead head) {
        return variables(head, PLAIN);
    }

    @Nested
    @DisplayName("RFC 3875 §4.1")
    class All {
        @Test
        void areTheseAndNoOthers() {
            assertThat(variables())
                    .containsOnly(
                            Map.entry("GATEWAY_INTERFACE", "CGI/1.1"),
                            Map.entry("SERVER_SOFTWARE", "Caffeine/1.0"),
                            Map.entry("SERVER_NAME", "x.test"),
                            Map.entry("SERVER_PORT", "8080"),
                            Map.entry("SERVER_PROTOCOL", "HTTP/1.1"),
                            Map.entry("REQUEST_METHOD", "GET"),
                            Map.entry("REQUEST_URI", "/cgi-bin/echo"),
                            Map.entry("QUERY_STRING", ""),
                            Map.entry("SCRIPT_NAME", "/cgi-bin/echo"),
                            Map.entry("SCRIPT_FILENAME", "/srv/www/cgi-bin/echo"),
                            Map.entry("DOCUMENT_ROOT", "/srv/www"),
                            Map.entry("PATH_INFO", ""),
                            Map.entry("REDIRECT_STATUS", "200"),
                            Map.entry("REMOTE_ADDR", "192.0.2.7"),
                            Map.entry("REMOTE_HOST", "192.0.2.7"),
                            Map.entry("REMOTE_PORT", "40000"));
        }
    }

    @Nested
    @DisplayName("§4.1.2: CONTENT_LENGTH")
    class ContentLength {
        @ParameterizedTest
        @ValueSource(longs = {0, 5, 9_000_000_000L})
        void isWhatLiesReady(long bytes) {
            Context context = context("", bytes, false);
            assertThat(variables(TestRequest.get("/"), context))
                    .containsEntry("CONTENT_LENGTH", Long.toString(bytes));
        }

        @Test
        void isUnsetWithoutContentWhateverTheFieldSays() {
            assertThat(variables("Content-Length", "7"))
                    .doesNotContainKeys("CONTENT_LENGTH", "HTTP_CONTENT_LENGTH");
        }
    }

    @Nested
    @DisplayName("§4.1.3: CONTENT_TYPE")
    class ContentType {
        @Test
        void isTheField() {
            assertThat(variables("content-type", "text/html; charset=x"))
                    .containsEntry("CONTENT_TYPE", "text/html; charset=x")
                    .doesNotContainKey("HTTP_CONTENT_TYPE");
        }
    }

    @Nested
    @DisplayName("§4.1.5 and §4.1.6: PATH_INFO, PATH_TRANSLATED")
    class PathInfo {
        @ParameterizedTest
        @ValueSource(strings = {"/", "/a/b", "/a b+c", "/.hidden", "/a..b/c.", "/caf\u00c3\u00a9"})
        void areTheRestAndItsPlaceBelowTheRoot(String pathInfo) {
            assertThat(variables(TestRequest.get("/"), context(pathInfo, -1, false)))
                    .containsEntry("PATH_INFO", pathInfo)
                    .containsEntry("PATH_TRANSLATED", "/srv/www" + pathInfo);
        }

        @Test
        void anEmptyRestHasNoPlace() {
            assertThat(variables(TestRequest.get("/"), context("", -1, false)))
                    .containsEntry("PATH_INFO", "")
                    .doesNotContainKey("PATH_TRANSLATED");
        }
    }

    @Nested
    @DisplayName("§4.1.7 and REQUEST_URI: the target as it was sent")
    class Target {
        @Test
        void theQueryIsNotDecoded() {
            assertThat(variables(TestRequest.get("/cgi-bin/a%20b?a=b+c%20d&%2F=")))
                    .containsEntry("QUERY_STRING", "a=b+c%20d&%2F=")
                    .containsEntry("REQUEST_URI", "/cgi-bin/a%20b?a=b+c%20d&%2F=");
        }

        @Test
        void anEmptyQueryKeepsItsMark() {
            assertThat(variables(TestRequest.get("/a?")))
                    .containsEntry("QUERY_STRING", "")
                    .containsEntry("REQUEST_URI", "/a?");
        }

        @ParameterizedTest
        @CsvSource(
                nullValues = "-",
                value = {"-, /p", "q=1, /p?q=1"})
        void anAbsoluteFormIsToldInOriginForm(String query, String uri) {
            TestRequest.Target target =
                    new TestRequest.Target(
                            RequestTarget.Form.ABSOLUTE,
                            "http://here.test:81" + uri,
                            "/p",
                            query,
                            "here.test",
                            81);
            assertThat(variables(TestRequest.get("/").withTarget(target)))
                    .containsEntry("REQUEST_URI", uri);
        }
    }

    @Nested
    @DisplayName("§4.1.11 and §4.1.1: REMOTE_USER, AUTH_TYPE")
    class Authentication {
        @Test
        void areNeverSetBecauseNobodyIsAuthenticated() {
            RequestHead head = TestRequest.get("/", "Authorization", "Basic YTpi");
            assertThat(variables(head, context("", -1, true)))
                    .doesNotContainKeys("AUTH_TYPE", "REMOTE_USER", "REMOTE_IDENT");
        }
    }

    @Nested
    @DisplayName("§4.1.12: REQUEST_METHOD")
    class Method {
        @ParameterizedTest
        @ValueSource(strings = {"HEAD", "DELETE", "BREW", "get"})
        void isTheToken(String method) {
            assertThat(variables(TestRequest.get("/").withMethod(method)))
                    .containsEntry("REQUEST_METHOD", method);
        }
    }

    @Nested
    @DisplayName("§4.1.14 to §4.1.16: SERVER_NAME, SERVER_PROTOCOL")
    class Server {
        @Test
        void isTheHostOfTheRequest() {
            assertThat(variables(TestRequest.get("/").withHost("[2001:db8::1]")))
                    .containsEntry("SERVER_NAME", "[2001:db8::1]");
        }

        @Test
        void isTheLocalAddressWhenThereIsNone() {
            assertThat(variables(TestRequest.get("/").withHost("")))
                    .containsEntry("SERVER_NAME", "127.0.0.1");
        }

        @Test
        void speaksTheVersionOfTheRequest() {
            assertThat(variables(TestRequest.get("/").withMinorVersion(0)))
                    .containsEntry("SERVER_PROTOCOL", "HTTP/1.0");
        }
    }

    @Nested
    @DisplayName("§4.1.18: HTTP_*")
    class FieldVariable {
        @Test
        void isNamedAfterItsField() {
            assertThat(variables("Host", "x.test:81", "uSER-aGENT", "a", "X-9", "b"))
                    .containsEntry("HTTP_HOST", "x.test:81")
                    .containsEntry("HTTP_USER_AGENT", "a")
                    .containsEntry("HTTP_X_9", "b");
        }

        @Test
        void keepsTheOrderOfTheFields() {
            List<String> names =
                    new ArrayList<>(variables("X-C", "", "Accept", "", "X-B", "").keySet());
            names.removeIf(name -> !name.startsWith("HTTP_"));
            assertThat(names).containsExactly("HTTP_X_C", "HTTP_ACCEPT", "HTTP_X_B");
        }

        @Test
        void joinsFieldLinesOfOneName() {
            assertThat(variables("X-A", "1", "X-B", "b", "x-a", "2", "X-A", "3, 4"))
                    .containsEntry("HTTP_X_A", "1, 2, 3, 4")
                    .containsEntry("HTTP_X_B", "b");
        }

        @Test
        void joinsCookiesAsCookies() {
            assertThat(variables("Cookie", "a=1", "cookie", "b=2"))
                    .containsEntry("HTTP_COOKIE", "a=1; b=2");
        }

        @ParameterizedTest
        @ValueSource(strings = {"X_A", "X-B_C", "_", "X.A", "X!A", "X%A", "X$A", "X'A", "X~A"})
        void isThereForUnambiguousNamesAlone(String name) {
            assertThat(variables(name, "evil", "X-A", "good", name, "evil"))
                    .containsEntry("HTTP_X_A", "good")
                    .doesNotContainValue("evil");
        }

        @ParameterizedTest
        @ValueSource(strings = {"Proxy", "proxy", "PROXY"})
        void isNeverTheProxy(String name) {
            assertThat(variables(name, "http://evil.test")).doesNotContainKey("HTTP_PROXY");
        }

        @ParameterizedTest
        @CsvSource({
            "Authorization, HTTP_AUTHORIZATION",
            "proxy-authorization, HTTP_PROXY_AUTHORIZATION"
        })
        void showsCredentialsOnlyWhenTheyAreAskedFor(String name, String variable) {
            RequestHead head = TestRequest.get("/", name, "Basic YTpi");
            assertThat(variables(head)).doesNotContainKey(variable);
            assertThat(variables(head, context("", -1, true)))
                    .containsEntry(variable, "Basic YTpi");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Connection",
                    "keep-alive",
                    "TE",
                    "Trailer",
                    "transfer-encoding",
                    "Upgrade",
                    "Proxy-Connection",
                    "Content-Length"
                })
        void isNotThereForWhatIsTheServersBusiness(String name) {
            assertThat(variables(name, "evil")).doesNotContainValue("evil");
        }

        @Test
        void isThereForFieldsThatConnectionNames() {
            assertThat(variables("Connection", "x-forwarded-for", "X-Forwarded-For", "192.0.2.1"))
                    .containsEntry("HTTP_X_FORWARDED_FOR", "192.0.2.1");
        }

        @Test
        void leavesContentCodingsToTheScript() {
            assertThat(variables("Content-Encoding", "gzip"))
                    .containsEntry("HTTP_CONTENT_ENCODING", "gzip");
        }

        @Test
        void neverOverwritesAnother() {
            assertThat(variables("Remote-Addr", "evil", "Path", "evil"))
                    .containsEntry("REMOTE_ADDR", "192.0.2.7")
                    .containsEntry("HTTP_REMOTE_ADDR", "evil")
                    .doesNotContainKeys("PATH", "HTTPS");
        }

        @Test
        void manyFieldsAreToldOneByOne() {
            String[] fields = new String[2000];
            for (int i = 0; i < fields.length; i += 2) {
                fields[i] = "X-" + i % 1500;
                fields[i + 1] = Integer.toString(i);
            }
            Map<String, String> variables = variables(fields);
            assertThat(variables)
                    .containsEntry("HTTP_X_0", "0, 1500")
                    .containsEntry("HTTP_X_498", "498, 1998")
                    .containsEntry("HTTP_X_500", "500");
            assertThat(variables.keySet()).filteredOn(n -> n.startsWith("HTTP_")).hasSize(750);
        }
    }

    @Nested
    @DisplayName("§6.2.2: a local redirect is answered like a request of its own")
    class LocalRedirect {
        private static Context to(String localTarget) {
            return new Context(
                    "/srv/www",
                    "/cgi-bin/echo",
                    "/srv/www/cgi-bin/echo",
                    "",
                    "127.0.0.1",
                    8080,
                    true,
                    "192.0.2.7",
                    40_000,
                    "Caffeine/1.0",
                    false,
                    5,
                    localTarget);
        }

        @Test
        void isAsSecureAsTheRequestWas() {
            assertThat(variables(TestRequest.get("/cgi-bin/local"), to("/cgi-bin/echo")))
                    .containsEntry("HTTPS", "on");
        }

        @Test
        void withGetAndItsOwnQuery() {
            RequestHead head = TestRequest.get("/cgi-bin/local?before").withMethod("POST");
            assertThat(variables(head, to("/cgi-bin/echo?after?x")))
                    .containsEntry("REQUEST_METHOD", "GET")
                    .containsEntry("REQUEST_URI", "/cgi-bin/echo?after?x")
                    .containsEntry("QUERY_STRING", "after?x");
            assertThat(variables(head, to("/cgi-bin/echo"))).containsEntry("QUERY_STRING", "");
        }

        @Test
        void headStaysHead() {
            RequestHead head = TestRequest.get("/cgi-bin/local").withMethod("HEAD");
            assertThat(variables(head, to("/a"))).containsEntry("REQUEST_METHOD", "HEAD");
        }

        @Test
        void withoutContentAndWhatDescribesIt() {
            RequestHead head =
                    TestRequest.get(
                            "/", "Content-Type", "a/b", "Content-Encoding", "gzip", "X-A", "a");
            assertThat(variables(head, to("/a")))
                    .doesNotContainKeys("CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_CONTENT_ENCODING")
                    .containsEntry("HTTP_X_A", "a");
        }
    }
}

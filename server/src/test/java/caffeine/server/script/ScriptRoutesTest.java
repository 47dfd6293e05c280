package caffeine.server.script;

import static caffeine.server.RouteSetting.HANDLER_TIMEOUT;
import static caffeine.server.RouteSetting.METHODS;
import static caffeine.server.RouteSetting.MODE;
import static caffeine.server.RouteSetting.PASS_AUTHORIZATION;
import static caffeine.server.RouteSetting.PASS_ENV;
import static caffeine.server.script.ScriptBench.get;
import static caffeine.server.script.ScriptBench.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.RouteOptions;
import caffeine.server.RouteSetting;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What scripts of different paths have that others have not. */
@ExtendWith(NoLeaks.class)
class ScriptRoutesTest {

    private static final String HEAD = "printf 'Content-Type: text/plain\\n\\n'";

    @TempDir Path folder = Path.of("");

    private @Nullable ScriptBench opened;

    @AfterEach
    void close() {
        if (opened != null) {
            opened.close();
        }
    }

    private ScriptBench serving(RouteOptions... routes) {
        ScriptBench bench =
                new ScriptBench(
                        folder,
                        options ->
                                options.withScripts(options.scripts().withRoutes(List.of(routes))));
        opened = bench;
        return bench;
    }

    private static RouteOptions route(String prefix, RouteSetting setting, Object value) {
        return new RouteOptions(prefix, Map.of(setting, value));
    }

    private static Reply ask(ScriptBench scripts, String method, String path) {
        try (BenchClient client = scripts.connect()) {
            return client.ask(request(method + " " + path + " HTTP/1.1"));
        }
    }

    @Test
    void otherMethodsAre405AndAreToldWhatIsAllowed() {
        ScriptBench scripts = serving(route("/cgi-bin/api", METHODS, List.of("GET", "PUT")));
        scripts.cgi("api/x", HEAD, "echo \"$REQUEST_METHOD\"");
        scripts.cgi("y", HEAD, "echo \"$REQUEST_METHOD\"");
        Reply refused = ask(scripts, "DELETE", "/cgi-bin/api/x");
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.field("Allow")).isEqualTo("GET, HEAD, PUT");
        assertThat(refused.closes()).isFalse();
        assertThat(ask(scripts, "PUT", "/cgi-bin/api/x").text()).isEqualTo("PUT\n");
        assertThat(ask(scripts, "get", "/cgi-bin/api/x").status()).isEqualTo(405);
        assertThat(ask(scripts, "DELETE", "/cgi-bin/y").text()).isEqualTo("DELETE\n");
        assertThat(ask(scripts, "DELETE", "/cgi-bin/api/missing").status()).isEqualTo(404);
    }

    @Test
    void headGoesWhereGetGoes() {
        ScriptBench scripts = serving(route("", METHODS, List.of("GET")));
        String path = scripts.cgi("x", HEAD, scripts.reach("ran"));
        try (BenchClient client = scripts.connect().send(request("HEAD " + path + " HTTP/1.1"))) {
            client.await("HTTP/1.1 200 OK");
        }
        scripts.untilReached("ran");
    }

    @Test
    void aLocalRedirectIsAGet() {
        ScriptBench scripts = serving(route("/cgi-bin/closed", METHODS, List.of("POST")));
        scripts.cgi("closed", HEAD, "echo in");
        String path = scripts.cgi("x", "printf 'Location: /cgi-bin/closed\\n\\n'");
        Reply reply = scripts.ask(path);
        assertThat(reply.status()).isEqualTo(405);
        assertThat(reply.field("Allow")).isEqualTo("POST");
    }

    @Test
    void aPrefixIsOfWholeNames() {
        ScriptBench scripts = serving(route("/cgi-bin/a", METHODS, List.of("POST")));
        scripts.cgi("a", HEAD, "echo a");
        scripts.cgi("ab", HEAD, "echo ab");
        assertThat(scripts.ask("/cgi-bin/a").status()).isEqualTo(405);
        assertThat(scripts.ask("/cgi-bin/a/x").status()).isEqualTo(405);
        assertThat(scripts.ask("//cgi-bin/%61").status()).isEqualTo(405);
        assertThat(scripts.ask("/cgi-bin/ab").status()).isEqualTo(200);
    }

    @Test
    void aPrefixReachesIntoThePathInfo() {
        ScriptBench scripts = serving(route("/cgi-bin/a/admin", METHODS, List.of("POST")));
        scripts.cgi("a", HEAD, "echo \"$PATH_INFO\"");
        assertThat(scripts.ask("/cgi-bin/a/other").text()).isEqualTo("/other\n");
        assertThat(scripts.ask("/cgi-bin/a/admin").status()).isEqualTo(405);
        assertThat(scripts.ask("/cgi-bin/a//admin/").status()).isEqualTo(405);
        assertThat(scripts.ask("/cgi-bin/a/x/../admin").status()).isEqualTo(405);
    }

    @Test
    void aLongerPrefixHasWhatAShorterOneSaysBesideIt() {
        ScriptBench scripts =
                serving(
                        route("/a/b/c", MODE, "direct"),
                        route("/a", METHODS, List.of("POST")),
                        route("/a/b", MODE, "cgi"));
        scripts.direct(
                "a/b/c/direct", "printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n'");
        scripts.direct("a/b/cgi", HEAD, "echo cgi");
        assertThat(scripts.ask("/a/b/c/direct").status()).isEqualTo(405);
        assertThat(ask(scripts, "POST", "/a/b/cgi").text()).isEqualTo("cgi\n");
        try (BenchClient client = scripts.connect().send(request("POST /a/b/c/direct HTTP/1.1"))) {
            assertThat(client.untilOver())
                    .isEqualTo("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        }
    }

    @Test
    void aRouteHasTimeOfItsOwn() {
        ScriptBench scripts = serving(route("/cgi-bin/slow", HANDLER_TIMEOUT, 300_000_000_000L));
        String slow = scripts.cgi("slow", scripts.reach("slow"), scripts.waitFor("never"));
        String other = scripts.cgi("other", scripts.reach("other"), scripts.waitFor("never"));
        try (BenchClient patient = scripts.connect().send(get(slow));
                BenchClient client = scripts.connect().send(get(other))) {
            scripts.untilReached("slow");
            scripts.untilReached("other");
            scripts.bench.pass(60);
            assertThat(client.reply().status()).isEqualTo(504);
            scripts.bench.pass(239);
            assertThat(scripts.events.failures).hasSize(1);
            scripts.bench.pass(1);
            assertThat(patient.reply().status()).isEqualTo(504);
            scripts.untilIdle();
        }
        assertThat(scripts.events.failures.getLast())
                .isEqualTo("/cgi-bin/slow: was ended after 300000 ms (--handler-timeout)");
    }

    @Test
    void aRouteHasVariablesInPlaceOfTheServers() {
        ScriptBench scripts =
                serving(
                        new RouteOptions(
                                "/cgi-bin/a",
                                Map.of(
                                        PASS_ENV,
                                        List.of("PATH=/bin", "X=y"),
                                        PASS_AUTHORIZATION,
                                        true)));
        scripts.cgi("a", HEAD, "echo \"$X $PATH $HTTP_AUTHORIZATION\"");
        scripts.cgi("b", HEAD, "echo \"$X $HTTP_AUTHORIZATION\"");
        try (BenchClient client = scripts.connect()) {
            String credentials = "Authorization: Basic eDp5";
            assertThat(client.ask(get("/cgi-bin/a", credentials)).text())
                    .isEqualTo("y /bin Basic eDp5\n");
            assertThat(client.ask(get("/cgi-bin/b", credentials)).text()).isEqualTo(" \n");
        }
    }
}

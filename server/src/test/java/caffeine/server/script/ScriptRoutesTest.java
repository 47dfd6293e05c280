package caffeine.server.script;

import static caffeine.server.options.RouteSetting.ENV;
import static caffeine.server.options.RouteSetting.HANDLER_TIMEOUT;
import static caffeine.server.options.RouteSetting.MAX_HANDLERS;
import static caffeine.server.options.RouteSetting.MAX_QUEUE;
import static caffeine.server.options.RouteSetting.METHODS;
import static caffeine.server.options.RouteSetting.MODE;
import static caffeine.server.options.RouteSetting.PASS_AUTHORIZATION;
import static caffeine.server.options.RouteSetting.PASS_ENV;
import static caffeine.server.script.ScriptBench.get;
import static caffeine.server.script.ScriptBench.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ServerOptions;
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
import java.util.function.UnaryOperator;

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
            scripts.bench.pass(220);
            assertThat(scripts.events.failures).hasSize(1);
            scripts.bench.pass(20);
            assertThat(patient.reply().status()).isEqualTo(504);
            scripts.untilIdle();
        }
        assertThat(scripts.events.failures.getLast())
                .isEqualTo("/cgi-bin/slow: was ended after 300000 ms (Deadlines.handlerNs)");
    }

    /** A script that waits for the test, and says so. */
    private static String waiting(ScriptBench scripts, String name, String go) {
        String reached = scripts.reach(name.replace('/', '-'));
        return scripts.cgi(name, reached, scripts.waitFor(go), HEAD, "echo " + name);
    }

    private static RouteOptions limited(String prefix, long handlers, long queue) {
        return new RouteOptions(prefix, Map.of(MAX_HANDLERS, handlers, MAX_QUEUE, queue));
    }

    private static void untilItWaits(ScriptBench scripts) {
        scripts.bench.until("it waits", scripts.bench::isQuiet);
    }

    @Test
    void aFullRouteLetsItsOwnWaitAndNobodyElse() {
        ScriptBench scripts = serving(limited("/cgi-bin/a", 1, 1));
        String first = waiting(scripts, "a/first", "go");
        String second = waiting(scripts, "a/second", "go");
        scripts.cgi("other", HEAD, "echo other");
        try (BenchClient one = scripts.connect().send(get(first));
                BenchClient two = scripts.connect()) {
            scripts.untilReached("a-first");
            two.send(get(second));
            untilItWaits(scripts);
            Reply refused = scripts.ask("/cgi-bin/a/second");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.field("Retry-After")).isEqualTo("1");
            assertThat(scripts.ask("/cgi-bin/other").text()).isEqualTo("other\n");
            assertThat(folder.resolve("a-second")).doesNotExist();
            scripts.let("go");
            assertThat(one.reply().text()).isEqualTo("a/first\n");
            assertThat(two.reply().text()).isEqualTo("a/second\n");
        }
        assertThat(scripts.ask(first).text()).isEqualTo("a/first\n");
        assertThat(scripts.events.limits).containsExactly("max-queue");
    }

    @Test
    void whoLeavesTheQueueOfARouteMakesRoom() {
        ScriptBench scripts = serving(limited("/cgi-bin/a", 1, 1));
        String first = waiting(scripts, "a/first", "go");
        String second = waiting(scripts, "a/second", "go");
        try (BenchClient one = scripts.connect().send(get(first))) {
            scripts.untilReached("a-first");
            try (BenchClient leaving = scripts.connect().send(get(second))) {
                untilItWaits(scripts);
                leaving.reset();
                untilItWaits(scripts);
            }
            try (BenchClient next = scripts.connect().send(get(second))) {
                untilItWaits(scripts);
                scripts.let("go");
                assertThat(next.reply().text()).isEqualTo("a/second\n");
            }
            assertThat(one.reply().status()).isEqualTo(200);
        }
        assertThat(scripts.events.limits).isEmpty();
    }

    @Test
    void aLongerPrefixSharesTheSlotsOfAShorterOne() {
        ScriptBench scripts =
                serving(limited("/cgi-bin/a", 1, 0), route("/cgi-bin/a/b", MODE, "cgi"));
        String first = waiting(scripts, "a/b/first", "go");
        scripts.cgi("a/x", HEAD, "echo x");
        try (BenchClient one = scripts.connect().send(get(first))) {
            scripts.untilReached("a-b-first");
            assertThat(scripts.ask("/cgi-bin/a/x").status()).isEqualTo(503);
            scripts.let("go");
            assertThat(one.reply().status()).isEqualTo(200);
        }
        assertThat(scripts.ask("/cgi-bin/a/x").status()).isEqualTo(200);
    }

    /** A request that has a slot of its route may still have to wait for one of the server. */
    @Test
    void theServersLimitHoldsForRoutesToo() {
        RouteOptions route = limited("/cgi-bin/a", 2, 0);
        UnaryOperator<ServerOptions> routes =
                options -> options.withScripts(options.scripts().withRoutes(List.of(route)));
        ScriptBench scripts =
                new ScriptBench(
                        folder, options -> routes.apply(ScriptBench.handlers(1, 1).apply(options)));
        opened = scripts;
        String other = waiting(scripts, "other", "go");
        scripts.cgi("a", HEAD, "echo a");
        try (BenchClient running = scripts.connect().send(get(other));
                BenchClient waits = scripts.connect()) {
            scripts.untilReached("other");
            waits.send(get("/cgi-bin/a"));
            untilItWaits(scripts);
            assertThat(scripts.ask("/cgi-bin/a").status()).isEqualTo(503);
            scripts.let("go");
            assertThat(running.reply().status()).isEqualTo(200);
            assertThat(waits.reply().text()).isEqualTo("a\n");
        }
        scripts.untilIdle();
        assertThat(scripts.ask("/cgi-bin/a").text()).isEqualTo("a\n");
    }

    @Test
    void aScriptThatCannotBeStartedHoldsNothing() {
        ScriptBench scripts = serving(limited("/cgi-bin/a", 1, 0));
        scripts.tree.file("cgi-bin/a/broken", 0755, "#!/no/such/program\n");
        scripts.cgi("a/x", HEAD, "echo x");
        assertThat(scripts.ask("/cgi-bin/a/broken").status()).isEqualTo(500);
        assertThat(scripts.ask("/cgi-bin/a/broken").status()).isEqualTo(500);
        assertThat(scripts.ask("/cgi-bin/a/x").text()).isEqualTo("x\n");
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

    @Test
    void aRouteSetsVariablesBesideThoseOfShorterOnes() {
        ScriptBench scripts =
                serving(
                        new RouteOptions(
                                "/cgi-bin/a",
                                Map.of(
                                        PASS_ENV,
                                        List.of("PATH=/bin", "X=passed"),
                                        ENV,
                                        List.of("X=a", "Y=a", "Z=a"))),
                        route("/cgi-bin/a/b", ENV, List.of("Y=b=b")));
        scripts.cgi("a/b", HEAD, "echo \"$X $Y $Z\"");
        scripts.cgi("a/c", HEAD, "echo \"$X $Y $Z\"");
        scripts.cgi("d", HEAD, "echo \"$X $Y $Z\"");
        assertThat(scripts.ask("/cgi-bin/a/b").text()).isEqualTo("a b=b a\n");
        assertThat(scripts.ask("/cgi-bin/a/c").text()).isEqualTo("a a a\n");
        assertThat(scripts.ask("/cgi-bin/d").text()).isEqualTo("  \n");
    }

    /** Beside another route, which finds another one. */
    @Test
    void theInterpreterIsLookedForInThePathThatARouteSets() {
        ScriptBench scripts =
                serving(
                        route("/cgi-bin/a", ENV, List.of("PATH=" + folder + "/a:/usr/bin:/bin")),
                        route("/cgi-bin/b", ENV, List.of("PATH=" + folder + "/b:/usr/bin:/bin")));
        for (String name : List.of("a", "b")) {
            scripts.tree.file("cgi-bin/" + name + "/x.py", 0644, "");
            scripts.tree.file(name + "/python3", 0755, "#!/bin/sh\n" + HEAD + "\necho " + name);
        }
        assertThat(scripts.ask("/cgi-bin/a/x.py").text()).isEqualTo("a\n");
        assertThat(scripts.ask("/cgi-bin/b/x.py").text()).isEqualTo("b\n");
    }
}

package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.util.Objects.requireNonNull;

import caffeine.server.engine.StartException;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Settings by path in a configuration file. */
class RoutesTest {

    private static final ScriptEnvironment ENVIRONMENT =
            new ScriptEnvironment(Map.of("PATH", "/bin", "A", "1", "B", "2"));

    @TempDir Path folder;

    @Test
    void everySettingArrives() throws Exception {
        List<RouteOptions> routes =
                read(
                        """
                        [routes."/api"]
                        mode = "cgi"
                        handler-timeout = "5m"
                        max-handlers = 4
                        max-queue = 0
                        pass-env = ["A", "B,MISSING"]
                        pass-authorization = true
                        methods = ["GET", "POST"]
                        """);
        assertThat(routes)
                .containsExactly(
                        new RouteOptions(
                                "/api",
                                Map.of(
                                        RouteSetting.MODE,
                                        "cgi",
                                        RouteSetting.HANDLER_TIMEOUT,
                                        300_000_000_000L,
                                        RouteSetting.MAX_HANDLERS,
                                        4L,
                                        RouteSetting.MAX_QUEUE,
                                        0L,
                                        RouteSetting.PASS_ENV,
                                        List.of("PATH=/bin", "A=1", "B=2"),
                                        RouteSetting.PASS_AUTHORIZATION,
                                        true,
                                        RouteSetting.METHODS,
                                        List.of("GET", "POST"))));
    }

    @Test
    void aPathMayEndInASlashAndBeThatOfAll() throws Exception {
        assertThat(
                        read(
                                """
                                [routes."/"]
                                [routes."/a b/c.py/"]
                                [routes."/.well-known"]
                                """))
                .extracting(RouteOptions::prefix)
                .containsExactly("", "/a b/c.py", "/.well-known");
    }

    @Test
    void whatIsSetForAllIsPassedOnByEveryList() throws Exception {
        ScriptEnvironment setting =
                ENVIRONMENT.with(
                        List.of("A=set", "PATH=/opt"),
                        wrong -> {
                            throw new AssertionError(wrong);
                        });
        assertThat(
                        read("routes.\"/x\".pass-env = [\"A\", \"B\"]", setting)
                                .getFirst()
                                .list(RouteSetting.PASS_ENV))
                .containsExactlyInAnyOrder("PATH=/opt", "A=set", "B=2");
    }

    @Test
    void variablesAreATable() throws Exception {
        assertThat(
                        read("routes.\"/x\".env = { A = \"1 = 1\", b_2 = \"\" }")
                                .getFirst()
                                .list(RouteSetting.ENV))
                .containsExactlyInAnyOrder("A=1 = 1", "b_2=");
    }

    @Test
    void noVariablesButPathWhereTheListIsEmpty() throws Exception {
        assertThat(read("routes.\"/x\".pass-env = []").getFirst().list(RouteSetting.PASS_ENV))
                .containsExactly("PATH=/bin");
    }

    @ParameterizedTest
    @EnumSource(value = RouteSetting.class, mode = EnumSource.Mode.EXCLUDE, names = "ENV")
    void aTableIsOfNoTypeThatAnySettingHas(RouteSetting setting) {
        assertThatThrownBy(() -> read("[routes.\"/x\"." + setting.key() + "]\n"))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith(
                        file()
                                + ":1: routes.\"/x\"."
                                + setting.key()
                                + ": a table stands here; give ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    routes = 5 | routes: 5 is a number; give a table for each path, as in [routes."/api"]
                    routes."/a" = "x" | routes."/a": "x" is text; give a table of settings, as in [routes."/api"] and handler-timeout = "5m"
                    [routes.api] | routes: "api" is not a path; begin it with a slash, as in [routes."/api"]
                    [routes."/a%20b"] | routes: "/a%20b" is written like an address; write the names of folders and files as they are, without %, ? and #
                    [routes."/a//b"] | routes: "/a//b" has two slashes; no script has such a path; write it as in [routes."/api/v1"]
                    routes."/a".method = 3 | routes."/a": there is no key "method"; did you mean methods?
                    [routes."/a/../b"] | routes: "/a/../b" has a name that begins with a dot; no script has such a path; write it as in [routes."/api/v1"]
                    routes."/a".port = 3 | routes."/a": there is no key "port"; give one of KEYS
                    [routes."/a/.well-known"] | routes: "/a/.well-known" has a name that begins with a dot; no script has such a path; write it as in [routes."/api/v1"]
                    routes."/a".encoded-slash = "yes" | routes."/a".encoded-slash: "yes" is not a value of encoded-slash; give one of reject, decode, keep
                    routes."/a".mode = "fast" | routes."/a".mode: "fast" is not a value of mode; give one of auto, cgi, direct, text, websocket, files
                    routes."/a".mode = true | routes."/a".mode: true is true or false; give text, in quotes
                    routes."/a".handler-timeout = "soon" | routes."/a".handler-timeout: "soon" is not a time; give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h (0: none)
                    routes."/a".max-handler = 3 | routes."/a": there is no key "max-handler"; did you mean max-handlers?
                    routes."/a".max-handlers = 0 | routes."/a".max-handlers: "0" is too small; give a whole number from 1 to 1000000
                    routes."/a".max-handlers = "4" | routes."/a".max-handlers: "4" is text; give a whole number, without quotes
                    routes."/a".max-queue = 4 | routes."/a".max-queue is how many wait for max-handlers of the same path; give that too
                    routes."/a".pass-env = ["HTTP_HOST"] | routes."/a".pass-env: "HTTP_HOST" is set by the server for each request; pass the value under another name
                    routes."/a".env = "A=secret" | routes."/a".env is not a table; give one, as in env = { NAME = "value" }
                    routes."/a".env = { A = 4711 } | routes."/a".env.A is not text; give it in quotes, as in env = { NAME = "value" }
                    routes."/a".env = { A-B = "secret" } | routes."/a".env: "A-B" is not a variable name; give letters, digits and underscores, and no digit first
                    routes."/a".env = { CONTENT_LENGTH = "secret" } | routes."/a".env: "CONTENT_LENGTH" is set by the server for each request; set it under another name
                    routes."/a".env = { A = "secret\\u0000" } | routes."/a".env: "A" has a value with a NUL, which no variable can have; remove it
                    routes."/a".pass-authorization = "yes" | routes."/a".pass-authorization: "yes" is text; give true or false, without quotes
                    routes."/a".methods = [] | routes."/a".methods: the list is empty; name some, or leave the key out
                    routes."/a".methods = ["get"] | routes."/a".methods: "get" is not a method; methods are case-sensitive; give names as in ["GET", "POST"]
                    routes."/a".methods = "GET, POST" | routes."/a".methods: "GET, POST" is not a method; give names as in ["GET", "POST"]
                    routes."/a".methods = ["TRACE"] | routes."/a".methods: "TRACE" is never offered to a script; give names as in ["GET", "POST"]
                    routes."/a".methods = [5] | routes."/a".methods: 5 is a number; give text, or a list as in ["one", "two"]
                    """)
    void mistakesNameFileLineAndWhatIsAllowed(String toml, String text) {
        String keys =
                String.join(
                        ", ", Arrays.stream(RouteSetting.values()).map(RouteSetting::key).toList());
        assertThatThrownBy(() -> read("# one\n\n" + toml + "\n"))
                .isInstanceOf(StartException.class)
                .hasMessage(file() + ":3: " + text.replace("KEYS", keys));
    }

    @Test
    void theSamePathTwiceIsOne() {
        assertThatThrownBy(() -> read("[routes.\"/a\"]\n[routes.\"/a/\"]\n"))
                .isInstanceOf(StartException.class)
                .hasMessage(
                        file()
                                + ":2: routes.\"/a/\" is the same path as \"/a\" on line 1; make"
                                + " one table of them");
    }

    @Test
    void aMistakeInAListIsOnItsOwnLine() {
        assertThatThrownBy(() -> read("routes.\"/a\".methods = [\n\"GET\",\n\"P(\",\n]"))
                .isInstanceOf(StartException.class)
                .hasMessageStartingWith(
                        file() + ":3: routes.\"/a\".methods: \"P(\" is not a method");
    }

    private Path file() {
        return folder.resolve("caffeine.toml");
    }

    @ParameterizedTest
    @EnumSource(
            names = {"CPU_TIME", "MEMORY", "PROCESSES", "OPEN_FILES", "FILE_SIZE", "NICE", "USER"})
    void limitsAreRefusedWhereTheyCannotBeHad(RouteSetting setting) throws Exception {
        String value = setting == RouteSetting.USER ? "\"nobody\"" : "7";
        Files.writeString(file(), "[routes.\"/a\"]\n%s = %s\n".formatted(setting.key(), value));
        assertThatThrownBy(() -> parse(false))
                .isInstanceOf(StartException.class)
                .hasMessageContaining(file() + ":2: ")
                .hasMessageContaining(setting.key())
                .hasMessageContaining("cannot be had on this processor; limits, niceness");
    }

    @Test
    void otherSettingsNeedNothingOfTheMachine() throws Exception {
        Files.writeString(file(), "[routes.\"/a\"]\nmax-handlers = 7\n");
        assertThat(parse(false)).hasSize(1);
    }

    private List<RouteOptions> read(String toml) throws IOException, StartException {
        return read(toml, ENVIRONMENT);
    }

    private List<RouteOptions> read(String toml, ScriptEnvironment environment)
            throws IOException, StartException {
        Files.writeString(file(), toml);
        return parse(true, environment);
    }

    private List<RouteOptions> parse(boolean rightsAreOffered) throws StartException {
        return parse(rightsAreOffered, ENVIRONMENT);
    }

    private List<RouteOptions> parse(boolean rightsAreOffered, ScriptEnvironment environment)
            throws StartException {
        Mistakes mistakes = new Mistakes();
        ConfigFile parsed = requireNonNull(ConfigFile.read(file().toString(), "/", mistakes));
        List<RouteOptions> routes = Routes.of(parsed, environment, rightsAreOffered);
        try {
            mistakes.check();
        } catch (UsageException e) {
            throw new AssertionError("it is the file's", e);
        }
        return routes;
    }
}

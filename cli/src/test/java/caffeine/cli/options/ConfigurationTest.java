package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.Limits;
import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.LogLevel;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.WebSocketOptions;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

class ConfigurationTest {

    private static final long SECOND = 1_000_000_000L;

    @TempDir Path folder;

    private Map<String, String> environment = Map.of("PATH", "/usr/bin");

    @Test
    void theDefaultsAreTheServersOwn() throws Exception {
        EngineSettings options = read();
        assertThat(options.server().limits()).isEqualTo(ServerLimits.DEFAULT);
        assertThat(options.server().deadlines()).isEqualTo(Deadlines.DEFAULT);
        assertThat(options.server().logLevel()).isEqualTo(LogLevel.INFO);
        assertThat(options.server().bind()).isEqualTo(address("127.0.0.1", 8080));
        assertThat(options.size()).isEqualTo(4);
        ScriptOptions scripts = options.server().scripts();
        assertThat(scripts.root()).isEqualTo(folder.toRealPath());
        assertThat(scripts.cgiEverywhere()).isFalse();
        assertThat(scripts.passAuthorization()).isFalse();
        assertThat(scripts.environment()).isEqualTo(Map.of("PATH", "/usr/bin"));
        assertThat(scripts.interpreters()).isEqualTo(ScriptOptions.DEFAULT_INTERPRETERS);
    }

    @Test
    void eachLimitGoesWhereItBelongs() throws Exception {
        ServerLimits limits =
                read(
                                "--max-request-line=1k",
                                "--max-field-section=2k",
                                "--max-fields=3",
                                "--max-body=4g",
                                "--max-connections=5",
                                "--max-connections-per-address=6",
                                "--max-requests=7",
                                "--max-handlers=8",
                                "--max-queue=9",
                                "--min-rate=10",
                                "--min-send-rate=11",
                                "--max-spool=12k",
                                "--max-spool-total=13k")
                        .server()
                        .limits();
        assertThat(limits)
                .isEqualTo(
                        new ServerLimits(
                                new Limits(1024, 2048, 3, 4L << 30, 256),
                                5,
                                6,
                                7,
                                8,
                                9,
                                10,
                                11,
                                12 << 10,
                                13 << 10));
    }

    @Test
    void eachTimeGoesWhereItBelongs() throws Exception {
        Deadlines deadlines =
                read(
                                "--head-timeout=1",
                                "--content-timeout=2",
                                "--idle-timeout=3",
                                "--send-timeout=4",
                                "--handler-timeout=0",
                                "--grace=0",
                                "--linger=5")
                        .server()
                        .deadlines();
        assertThat(deadlines)
                .isEqualTo(
                        new Deadlines(
                                SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND, 0, 0, 5 * SECOND));
    }

    @Test
    void whereToListen() throws Exception {
        EngineSettings options = read("-p", "0", "--bind", "[::1]", "-w2");
        assertThat(options.server().bind()).isEqualTo(address("::1", 0));
        assertThat(options.size()).isEqualTo(2);
    }

    @Test
    void anotherEngine() throws Exception {
        EngineSettings settings = read("--engine=Sharded", "--threads", "3", "--accept=assign");
        assertThat(settings.engine().name()).isEqualTo("sharded");
        assertThat(settings.size()).isEqualTo(3);
        assertThat(settings.describeEngine()).isEqualTo("sharded, 3 threads");
        assertThat(settings.choices()).containsExactly(Map.entry("accept", "assign"));
        assertThat(settings.make().name()).isEqualTo("sharded");
    }

    @Test
    void aThreadForEachProcessor() throws Exception {
        EngineSettings settings = read("--engine", "sharded");
        assertThat(settings.size()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(settings.choices()).containsExactly(Map.entry("accept", "reuseport"));
    }

    @Test
    void aSwitchOfAnEngine() throws Exception {
        assertThat(read("--engine=shared").choices()).containsExactly(Map.entry("pin", "yes"));
        assertThat(read("--engine=shared", "--no-pin").choices())
                .containsExactly(Map.entry("pin", "no"));
    }

    @Test
    void theLastOfAnOptionCounts() throws Exception {
        assertThat(read("--port=1", "-p", "2", "--port", "3").server().network().port())
                .isEqualTo(3);
    }

    @Test
    void flags() throws Exception {
        ScriptOptions scripts = read("--cgi", "--pass-authorization").server().scripts();
        assertThat(scripts.cgiEverywhere()).isTrue();
        assertThat(scripts.passAuthorization()).isTrue();
    }

    @Test
    void anOptionThatARouteMaySayIsARouteForAllPaths() throws Exception {
        assertThat(read().server().scripts().routes()).isEmpty();
        assertThat(read("--encoded-slash=keep").server().scripts().routes())
                .containsExactly(new RouteOptions("", Map.of(RouteSetting.ENCODED_SLASH, "keep")));
        assertThat(read("--follow-links").server().scripts().routes())
                .containsExactly(new RouteOptions("", Map.of(RouteSetting.FOLLOW_LINKS, true)));
    }

    @Test
    void scriptsAnswerUnlessAnotherAppIsNamed() throws Exception {
        assertThat(read().server().app()).isEqualTo(App.SCRIPTS);
        assertThat(read("--app=scripts").server().app()).isEqualTo(App.SCRIPTS);
    }

    @ParameterizedTest
    @CsvSource({"hello, HELLO", "Echo, ECHO", "ws-echo, WS_ECHO"})
    void anAppWithoutScriptsLooksAtNoFolder(String name, App app) throws Exception {
        ServerOptions server = read("--app", name, "--path", "/not/there").server();
        assertThat(server.app()).isEqualTo(app);
        assertThat(server.scripts()).isEqualTo(ScriptOptions.NONE);
    }

    @Test
    void webSocketIsAsTheLibraryHasItUnlessToldOtherwise() throws Exception {
        assertThat(read().server().webSocket()).isEqualTo(WebSocketOptions.DEFAULT);
        assertThat(
                        read(
                                        "--ws-origin=a.test, https://b.test:8443",
                                        "--ws-origin=c.test",
                                        "--ws-compress",
                                        "--max-message=1k",
                                        "--max-fragments=7",
                                        "--ws-ping=0",
                                        "--ws-pong-timeout=500ms")
                                .server()
                                .webSocket())
                .isEqualTo(
                        new WebSocketOptions(
                                List.of("a.test", "https://b.test:8443", "c.test"),
                                List.of(),
                                true,
                                1024,
                                7,
                                WebSocketOptions.DEFAULT.queueBytes(),
                                0,
                                500_000_000L));
        assertThat(read("--ws-origin=a.test,*").server().webSocket().origins())
                .containsExactly("*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "http://", "a.test/path", "a.test:0"})
    void anOriginIsAHost(String text) {
        assertThatThrownBy(() -> read("--ws-origin=" + text))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("names no host");
    }

    @ParameterizedTest
    @ValueSource(strings = {"WARN", "warn", "Warn"})
    void logLevelsInAnyCase(String text) throws Exception {
        assertThat(read("--log-level", text).server().logLevel()).isEqualTo(LogLevel.WARN);
    }

    @Test
    void theControlSocketLiesInTheUsersOwnFolderWhereThereIsOne() throws Exception {
        environment = Map.of("XDG_RUNTIME_DIR", folder.toString());
        assertThat(read().controlDirectory()).isEqualTo(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "run/user", "/nowhere/at/all"})
    void andElseWhereTemporaryFilesLie(String unusable) throws Exception {
        environment = Map.of("XDG_RUNTIME_DIR", unusable);
        assertThat(read().controlDirectory()).isEqualTo(Path.of("/tmp"));
    }

    @Test
    void severalAddressesHaveOnePort() throws Exception {
        assertThat(
                        read("--bind=127.0.0.1", "--bind=::", "--bind=unix:/x", "-p", "1")
                                .server()
                                .addresses())
                .containsExactly(
                        address("127.0.0.1", 1),
                        address("::", 1),
                        UnixDomainSocketAddress.of("/x"));
        assertThat(read("--bind=::", "--bind-v6-only").server().network().v6Only()).isTrue();
    }

    @Test
    void otherAddressesAreForARestart() throws Exception {
        EngineSettings one = read("--bind=127.0.0.1");
        assertThat(one.listensAs(read())).isTrue();
        assertThat(one.listensAs(read("--bind=127.0.0.1", "--bind=::1"))).isFalse();
        assertThat(read("--bind=::").listensAs(read("--bind=::", "--bind-v6-only"))).isFalse();
    }

    @Nested
    class EnvironmentOfScripts {

        @Test
        void namedVariablesThatAreSet() throws Exception {
            environment = Map.of("PATH", "/bin", "A", "1", "B", "", "C", "3", "D", "4");
            assertThat(variables("--pass-env=A,B", "--pass-env", "C,NOT_SET,PATH"))
                    .isEqualTo(Map.of("PATH", "/bin", "A", "1", "B", "", "C", "3"));
        }

        @Test
        void withoutAPathTheUsualOne() throws Exception {
            String usual = "/usr/local/bin:/usr/bin:/bin";
            environment = Map.of("PATH", "");
            assertThat(variables()).isEqualTo(Map.of("PATH", usual));
            environment = Map.of();
            assertThat(variables("--pass-env=PATH")).isEqualTo(Map.of("PATH", usual));
        }

        @Test
        void whatIsSetTakesThePlaceOfWhatIsPassed() throws Exception {
            environment = Map.of("PATH", "/bin", "A", "1", "B", "2");
            assertThat(variables("--pass-env=A,B", "--env", "A=x=y", "--env=C=", "--env=C=3"))
                    .isEqualTo(Map.of("PATH", "/bin", "A", "x=y", "B", "2", "C", "3"));
            assertThat(variables("--env=PATH=/opt/bin")).isEqualTo(Map.of("PATH", "/opt/bin"));
        }

        private Map<String, String> variables(String... words) throws Exception {
            return read(words).server().scripts().environment();
        }
    }

    @Nested
    class InterpretersByEnding {

        @Test
        void oneInThePlaceOfAnother() throws Exception {
            List<Interpreter> expected = new ArrayList<>(ScriptOptions.DEFAULT_INTERPRETERS);
            expected.set(0, new Interpreter("py", "/opt/my python/bin/python3", false));
            assertThat(interpreters("--interpreter", "py=/opt/my python/bin/python3"))
                    .isEqualTo(expected);
        }

        @Test
        void moreBehindThem() throws Exception {
            List<Interpreter> expected = new ArrayList<>(ScriptOptions.DEFAULT_INTERPRETERS);
            expected.add(new Interpreter("tcl", "tclsh", false));
            expected.add(new Interpreter("r", "Rscript=4", false));
            assertThat(interpreters("--interpreter", ".tcl=tclsh", "--interpreter=r=Rscript=4"))
                    .isEqualTo(expected);
        }

        @Test
        void phpCgiSpeaksCgiUnderEachOfItsNames() throws Exception {
            assertThat(interpreters("--interpreter=php=/usr/bin/php-cgi8.4"))
                    .contains(new Interpreter("php", "/usr/bin/php-cgi8.4", true));
            assertThat(interpreters("--interpreter=php=php"))
                    .contains(new Interpreter("php", "php", false));
        }

        private List<Interpreter> interpreters(String... words) throws Exception {
            return read(words).server().scripts().interpreters();
        }
    }

    private static InetSocketAddress address(String literal, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
    }

    private EngineSettings read(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("--path", folder.toString()));
        all.addAll(List.of(words));
        var surroundings =
                new Surroundings(
                        environment,
                        "/",
                        "/opt/java",
                        List.of("java", "-m", "x"),
                        new PrintStream(PrintStream.nullOutputStream()));
        return new Configuration(Arguments.parse(all.toArray(new String[0])), surroundings).read();
    }
}

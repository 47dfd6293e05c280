package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.engine.StartException;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The configuration file: what it may say, who wins, and how its mistakes are told. */
class ConfigFileTest {

    /** One, since records compare it. */
    private static final PrintStream NOBODY = new PrintStream(PrintStream.nullOutputStream());

    private static final Path EXAMPLE = Path.of("../examples/caffeine.toml");

    @TempDir Path folder;

    /** One definition serves both: an option is a key unless it says what the command does now. */
    @Nested
    class EveryOption {

        static List<Option> keys() {
            return Option.values().stream().filter(Option::isForAFile).toList();
        }

        static List<Option> others() {
            return Option.values().stream().filter(option -> !option.isForAFile()).toList();
        }

        @Test
        void areKeysUnlessTheySayWhatToDoNow() {
            assertThat(others().stream().map(Option::key))
                    .containsExactly(
                            "config",
                            "check",
                            "daemon",
                            "stop",
                            "reload",
                            "list-instances",
                            "json",
                            "log",
                            "follow",
                            "reset-logs",
                            "try",
                            "method",
                            "body",
                            "field",
                            "help",
                            "engines",
                            "version");
        }

        @ParameterizedTest
        @MethodSource("keys")
        void isAKey(Option option) throws Exception {
            if (option == Option.INTERPRETER) {
                assertThat(arguments("[interpreters]\nx = \"y\"").values(option))
                        .containsExactly("x=y");
                return;
            }
            if (option == Option.TYPE) {
                assertThat(arguments("[types]\nx = \"a/y\"").values(option))
                        .containsExactly("x=a/y");
                return;
            }
            if (option == Option.ENV) {
                assertThat(arguments("[env]\nx = \"y\"").values(option)).containsExactly("x=y");
                return;
            }
            Arguments arguments = arguments(option.key() + " = " + sample(option));
            assertThat(arguments.has(option) || arguments.given(option) != null).isTrue();
        }

        @ParameterizedTest
        @MethodSource("others")
        void orBelongsToTheCommandLineAlone(Option option) {
            assertMistake(
                    "port = 1\n" + option.key() + " = \"x\"",
                    2,
                    "\""
                            + option.key()
                            + "\" belongs to the command line; write "
                            + option.longName()
                            + " there");
        }

        @ParameterizedTest
        @MethodSource("caffeine.cli.options.Option#values")
        void hasItsPlaceInTheExample(Option option) throws Exception {
            Stream<String> keys =
                    Files.readAllLines(EXAMPLE).stream().map(line -> line.replaceFirst("^#", ""));
            boolean isTable = option == Option.INTERPRETER || option == Option.TYPE;
            String start = isTable ? "[" + option.key() + "]" : option.key() + " = ";
            assertThat(keys.filter(line -> line.startsWith(start)))
                    .hasSize(option.isForAFile() ? 1 : 0);
        }

        private static String sample(Option option) {
            return switch (Kind.of(option)) {
                case FLAG -> option.isNegative() ? "false" : "true";
                case COUNT -> "5";
                case SIZE -> "\"5k\"";
                case TIME -> "\"5s\"";
                case PATH, TEXT -> "\"x\"";
            };
        }
    }

    @Nested
    class ASwitch {

        @Test
        void isOffWhenItsKeyIsFalse() throws Exception {
            assertThat(pin("engine = \"shared\"\npin = false")).isEqualTo("no");
            assertThat(pin("engine = \"shared\"\npin = true")).isEqualTo("yes");
            assertThat(pin("engine = \"shared\"")).isEqualTo("yes");
        }

        private String pin(String toml) throws Exception {
            return String.valueOf(read("path = \".\"\n" + toml).choices().get("pin"));
        }

        /** A file may be one for several engines. */
        @Test
        void mayBeThereForAnotherEngine() throws Exception {
            assertThat(read("path = \".\"\npin = false").engine().name()).isEqualTo("prefork");
        }

        @Test
        void hasNoSecondName() {
            assertMistake("no-pin = true", 1, "there is no key \"no-pin\"; did you mean pin?");
        }
    }

    @Nested
    class TheExample {

        @Test
        void saysWhatHoldsWithoutIt() throws Exception {
            EngineSettings example = options("-c", EXAMPLE.toString());
            EngineSettings defaults = options("--path", "../examples");
            assertThat(example).isEqualTo(defaults);
        }

        @Test
        void isRightInWhatItLeavesOutToo() throws Exception {
            List<String> all =
                    Files.readAllLines(EXAMPLE).stream()
                            .filter(line -> !line.startsWith("#user")) // for root alone
                            .map(line -> line.replace("nobody", System.getProperty("user.name")))
                            .map(line -> line.replaceFirst("^#(?=[a-z\\[]|  [0-9a-z-]+ = )", ""))
                            .toList();
            write(String.join("\n", all));
            Files.createDirectory(folder.resolve("errors"));
            Files.writeString(folder.resolve("errors/404.html"), "gone");
            Files.writeString(folder.resolve("errors/broken.html"), "broken");
            ScriptOptions scripts = options("-c", file().toString()).server().scripts();
            assertThat(scripts.interpreters())
                    .contains(new Interpreter("tcl", "/usr/bin/tclsh", false));
            assertThat(scripts.routes())
                    .singleElement()
                    .satisfies(
                            route ->
                                    assertThat(route.settings())
                                            .containsOnlyKeys(RouteSetting.values()));
        }
    }

    @Nested
    class Values {

        @Test
        void ofAnotherEngineMeanNothing() throws Exception {
            EngineSettings settings = read("workers = 7\nthreads = 3\nengine = \"sharded\"");
            assertThat(settings.engine().name()).isEqualTo("sharded");
            assertThat(settings.size()).isEqualTo(3);
        }

        @Test
        void ofALogAreFilesOrAStream() throws Exception {
            assertThat(read("access-log = \"a.log\"").server().log().accessFile())
                    .isEqualTo(folder.resolve("a.log"));
            assertThat(read("access-log = \"-\"").server().log().accessFile())
                    .isEqualTo(LogOptions.STANDARD_OUTPUT);
        }

        @Test
        void ofEachType() throws Exception {
            Arguments arguments =
                    arguments(
                            """
                            port = 9_000
                            max-body = 0x400
                            max-request-line = "1k"
                            grace = 0.5
                            head-timeout = 2
                            idle-timeout = "500ms"
                            bind = '::1'
                            cgi = true
                            pass-authorization = false
                            pass-env = ["A", "B,C"]
                            """);
            assertThat(arguments.value(Option.PORT)).isEqualTo("9000");
            assertThat(arguments.value(Option.MAX_BODY)).isEqualTo("1024");
            assertThat(arguments.value(Option.MAX_REQUEST_LINE)).isEqualTo("1k");
            assertThat(arguments.value(Option.GRACE)).isEqualTo("0.5");
            assertThat(arguments.value(Option.HEAD_TIMEOUT)).isEqualTo("2");
            assertThat(arguments.value(Option.IDLE_TIMEOUT)).isEqualTo("500ms");
            assertThat(arguments.value(Option.BIND)).isEqualTo("::1");
            assertThat(arguments.has(Option.CGI)).isTrue();
            assertThat(arguments.has(Option.PASS_AUTHORIZATION)).isFalse();
            assertThat(arguments.values(Option.PASS_ENV)).containsExactly("A", "B,C");
        }

        @Test
        void pathsBeginAtTheFile() throws Exception {
            Files.createDirectories(folder.resolve("handlers"));
            write("path = \"handlers\"");
            assertThat(options("-c", file().toString()).server().scripts().root())
                    .isEqualTo(folder.toRealPath().resolve("handlers"));
            write("path = \"~/handlers\"");
            assertThat(options("-c", file().toString()).server().scripts().root())
                    .isEqualTo(folder.toRealPath().resolve("handlers"));
            write("path = \"" + folder + "\"");
            assertThat(options("-c", file().toString()).server().scripts().root())
                    .isEqualTo(folder.toRealPath());
        }

        @Test
        void theCommandLineWins() throws Exception {
            write(
                    """
                    port = 1
                    log-level = "DEBUG"
                    workers = 7
                    pass-env = ["FROM_FILE"]
                    """);
            EngineSettings options =
                    options(
                            "--port=2",
                            "--config=" + file(),
                            "--pass-env=FROM_WORDS",
                            "--path=" + folder);
            assertThat(options.server().network().port()).isEqualTo(2);
            assertThat(options.size()).isEqualTo(7);
            assertThat(options.server().logLevel()).isEqualTo(LogLevel.DEBUG);
            assertThat(options.server().scripts().environment())
                    .containsKey("FROM_WORDS")
                    .doesNotContainKey("FROM_FILE");
        }

        @Test
        void ofInterpretersEachReplacesTheOneOfItsEnding() throws Exception {
            write("[interpreters]\npy = \"/file/py\"\ntcl = \"/file/tcl\"");
            List<Interpreter> interpreters =
                    options(
                                    "-c",
                                    file().toString(),
                                    "--interpreter=tcl=/words/tcl",
                                    "--path=" + folder)
                            .server()
                            .scripts()
                            .interpreters();
            assertThat(interpreters)
                    .contains(
                            new Interpreter("py", "/file/py", false),
                            new Interpreter("tcl", "/words/tcl", false),
                            new Interpreter("js", "node", false));
        }

        @Test
        void ofVariablesEachReplacesTheOneOfItsName() throws Exception {
            write("env = { A = \"file\", B = \"file\" }\npass-env = [\"FROM_FILE\"]");
            assertThat(
                            options("-c", file().toString(), "--env=B=words", "--path=" + folder)
                                    .server()
                                    .scripts()
                                    .environment())
                    .isEqualTo(Map.of("PATH", "/bin", "A", "file", "B", "words", "FROM_FILE", "1"));
        }

        @Test
        void anEmptyFileSaysNothing() throws Exception {
            write("");
            assertThat(options("-c", file().toString(), "--path=" + folder))
                    .isEqualTo(options("--path=" + folder));
        }
    }

    @Nested
    class Mistakes {

        @ParameterizedTest(name = "{0}")
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '\0',
                textBlock =
                        """
                        prot = 80 | there is no key "prot"; did you mean port?
                        max-handler = 8 | there is no key "max-handler"; did you mean max-handlers?
                        interpreter = "py=x" | there is no key "interpreter"; did you mean interpreters?
                        colour = "red" | there is no key "colour"; the keys are the options' names without the dashes (caffeine --help)
                        env = "A=secret" | env is not a table; give one, as in env = { NAME = "value" }
                        env = { PIN = 4711 } | env.PIN is not text; give it in quotes, as in env = { NAME = "value" }
                        env = { A = "B=secret", B- = "secret" } | env: "B-" is not a variable name; give letters, digits and underscores, and no digit first
                        env.REMOTE_USER = "secret" | env: "REMOTE_USER" is set by the server for each request; set it under another name
                        port = "80" | port: "80" is text; give a whole number, without quotes
                        port = 80.5 | port: 80.5 is a number with decimals; give a whole number, without quotes
                        port = 70000 | port: "70000" is too large; give a whole number from 0 to 65535
                        workers = [1] | workers: a list stands here; give a whole number, without quotes
                        cgi = "yes" | cgi: "yes" is text; give true or false, without quotes
                        cgi = 1 | cgi: 1 is a number; give true or false, without quotes
                        bind = 127 | bind: 127 is a number; give text, or a list as in ["one", "two"]
                        bind = "8080" | bind: "8080" is not an address; give an IPv4 or IPv6 address of this machine, as in 127.0.0.1, ::1 or 0.0.0.0
                        path = true | path: true is true or false; give text, in quotes
                        path.x = 1 | path: a table stands here; give text, in quotes
                        max-body = true | max-body: true is true or false; give bytes as in 65536, or text as in "64k"
                        max-body = "16mb" | max-body: "16mb" is not a size; give bytes, or with k, m or g as in 16m
                        grace = true | grace: true is true or false; give seconds as in 5 or 0.5, or text as in "500ms"
                        grace = "soon" | grace: "soon" is not a time; give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h (0: none)
                        grace = inf | grace: "Infinity" is not a time; give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h (0: none)
                        grace = 07:32:00 | grace: 07:32 is a date or a time; give seconds as in 5 or 0.5, or text as in "500ms"
                        log-level = "LOUD" | log-level: "LOUD" is not one of its values; give DEBUG, INFO, WARN or ERROR
                        pass-env = 5 | pass-env: 5 is a number; give text, or a list as in ["one", "two"]
                        pass-env = ["A", 5] | pass-env: 5 is a number; give text, or a list as in ["one", "two"]
                        pass-env = ["A", "B="] | pass-env: "B=" is not a name; set the variable in the shell and give its name alone
                        interpreters = "py" | interpreters: "py" is text; give a table of programs by ending, as in [interpreters] and py = "python3"
                        interpreters.py = 3 | interpreters.py: 3 is a number; give a program as in py = "python3"
                        interpreters.py = "./x" | interpreters: "py=./x" names a program by a path that is not absolute; give an ending and a program as in py=python3 or py=/opt/python/bin/python3
                        """)
        void nameFileAndLine(String toml, String text) {
            assertMistake("# one\n\n" + toml + "\n", 3, text);
        }

        @Test
        void ofSyntaxNameTheLineToo() {
            assertThatThrownBy(() -> read("port = 1\nbind = \n"))
                    .isInstanceOf(StartException.class)
                    .hasMessageMatching(
                            ".*/caffeine\\.toml:2: .*; https://toml\\.io shows how TOML is"
                                    + " written");
        }

        @Test
        void ofSyntaxInTheNameOfATableToo() {
            assertThatThrownBy(() -> read("port = 1\n[routes.\"/a\\=\"]\n"))
                    .isInstanceOf(StartException.class)
                    .hasMessageMatching(
                            ".*/caffeine\\.toml:2: .*; https://toml\\.io shows how TOML is"
                                    + " written");
        }

        @Test
        void theFirstIsTold() {
            assertMistake(
                    "a-b-c = 1\nx-y-z = 2",
                    1,
                    "there is no key \"a-b-c\"; the keys are the options' names without the dashes"
                            + " (caffeine --help)");
        }

        @Test
        void aKeyTwice() {
            assertThatThrownBy(() -> read("port = 1\nport = 2\n"))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("caffeine.toml:2: ")
                    .hasMessageContaining("port");
        }

        @Test
        void aValueOfTheCommandLineIsNotLaidToTheFile() {
            assertThatThrownBy(
                            () -> {
                                write("port = 1");
                                options("-c", file().toString(), "--port=x");
                            })
                    .isInstanceOf(UsageException.class)
                    .hasMessageStartingWith("--port: \"x\"");
            assertThatThrownBy(
                            () -> {
                                write("pass-env = [\"A\"]");
                                options("-c", file().toString(), "--pass-env=B,A=");
                            })
                    .isInstanceOf(UsageException.class)
                    .hasMessageStartingWith("--pass-env: \"A=\"");
        }

        @Test
        void aProgramIsLaidToWhereItStands() throws Exception {
            write("[interpreters]\njs = \"./x\"");
            assertThatThrownBy(() -> options("-c", file().toString(), "--interpreter=py=./y"))
                    .isInstanceOf(UsageException.class)
                    .hasMessageStartingWith("--interpreter: \"py=./y\"")
                    .satisfies(
                            e ->
                                    assertThat(e.getSuppressed()[0])
                                            .hasMessageStartingWith(
                                                    file() + ":2: interpreters: \"js=./x\""));
        }

        @Test
        void theFolderToServeIsMissing() {
            assertThatThrownBy(() -> read("\npath = \"gone\""))
                    .isInstanceOf(StartException.class)
                    .hasMessage(
                            file()
                                    + ":2: path: "
                                    + folder
                                    + "/gone is not there; make it with mkdir -p "
                                    + folder
                                    + "/gone, or name another folder");
        }

        @Test
        void thereIsNoFile() {
            assertUnreadable(
                    folder.resolve("none.toml"),
                    "is not there; correct the path, or write it: its keys are the options' names"
                            + " without the dashes (caffeine --help)");
        }

        @Test
        void itIsAFolder() {
            assertUnreadable(
                    folder, "cannot be read: it is a folder; name a file that this user may read");
        }

        @Test
        void itIsNotText() throws IOException {
            Files.write(file(), new byte[] {'a', (byte) 0xff, '\n'});
            assertUnreadable(file(), "is not in UTF-8; save it as UTF-8, as TOML must be");
        }

        @Test
        void itIsNestedWithoutEnd() throws IOException {
            write("pass-env = " + "[".repeat(200_000) + "]".repeat(200_000));
            assertUnreadable(file(), "has too many lists within lists; no key takes more than one");
        }

        @Test
        void itsReaderTrips() throws IOException {
            write("grace = 1979-05-27T07:37:29-0x");
            assertUnreadable(
                    file(),
                    "is no TOML, but where is not known (java.lang.NullPointerException: offset);"
                            + " https://toml.io shows how TOML is written");
        }

        @Test
        void itNeverEnds() {
            assertUnreadable(
                    Path.of("/dev/zero"), "is longer than 1048576 bytes; name a TOML file");
        }

        @Test
        void itHasNoName() {
            assertThatThrownBy(() -> options("-c", ""))
                    .isInstanceOf(StartException.class)
                    .hasMessage("--config: \"\" names no file");
        }

        private void assertUnreadable(Path path, String reason) {
            assertThatThrownBy(() -> options("-c", path.toString()))
                    .isInstanceOf(StartException.class)
                    .hasMessage("--config: " + path + " " + reason);
        }
    }

    private void assertMistake(String toml, int line, String text) {
        assertThatThrownBy(() -> read(toml))
                .isInstanceOf(StartException.class)
                .hasMessage(file() + ":" + line + ": " + text);
    }

    private Path file() {
        return folder.resolve("caffeine.toml");
    }

    private void write(String toml) throws IOException {
        Files.writeString(file(), toml);
    }

    private EngineSettings read(String toml) throws Exception {
        write(toml);
        return options("-c", file().toString());
    }

    private Arguments arguments(String toml) throws Exception {
        write(toml);
        return Arguments.parse("-c", file().toString()).withFile("/");
    }

    private EngineSettings options(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of(words));
        var surroundings =
                new Surroundings(
                        Map.of(
                                "PATH", "/bin",
                                "HOME", folder.toString(),
                                "FROM_FILE", "1",
                                "FROM_WORDS", "2"),
                        "/",
                        "/opt/java",
                        List.of("java", "-m", "x"),
                        NOBODY);
        return Configuration.read(surroundings, all.toArray(new String[0]));
    }
}

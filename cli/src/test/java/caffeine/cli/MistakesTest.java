package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.cli.options.Surroundings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The table of mistakes: what was written, the one line that says so, the exit code. */
class MistakesTest {

    @TempDir Path home;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    --prot 80 | there is no option "--prot"; did you mean --port?
                    --prot=80 | there is no option "--prot"; did you mean --port?
                    --pass-auth | there is no option "--pass-auth"; did you mean --pass-authorization?
                    --max-bodysize=1m | there is no option "--max-bodysize"; caffeine --help lists the options
                    --listen=x | there is no option "--listen"; caffeine --help lists the options
                    -x | there is no option "-x"; caffeine --help lists the options
                    -x --port 80 | there is no option "-x"; caffeine --help lists the options
                    examples | "examples" belongs to no option; if it is the folder to serve, write --path examples
                    --port 80 81 | "81" belongs to no option; if it is the folder to serve, write --path 81
                    @options | "@options" belongs to no option; if it is the folder to serve, write --path @options
                    --port | --port needs a value; write --port PORT
                    -p | --port needs a value; write --port PORT
                    --port --cgi | --port needs a value; write --port PORT
                    --pass-env | --pass-env needs a value; write --pass-env NAME[,NAME...]
                    --cgi=true | --cgi takes no value; give it alone, or leave it out
                    --cgi=false | --cgi takes no value; give it alone, or leave it out
                    --cgi=maybe | --cgi takes no value; give it alone, or leave it out
                    --help=no | --help takes no value; give it alone, or leave it out
                    --port= | --port: "" is not a number; give a whole number from 0 to 65535
                    --port -1 | --port: "-1" is not a number; give a whole number from 0 to 65535
                    -p 65536 | --port: "65536" is too large; give a whole number from 0 to 65535
                    -p80x | --port: "80x" is not a number; give a whole number from 0 to 65535
                    -w 0 | --workers: "0" is too small; give a whole number from 1 to 256
                    --engine turbo | --engine: "turbo" is not an engine; give one of prefork, reactor, shared, sharded, uring, virtual, selector, sequential, fork; caffeine --engines explains them
                    --accept fair | --accept has no effect on the engine prefork; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --threads 2 | --threads has no effect on the engine prefork, whose size is --workers; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --engine sharded -w 2 | --workers has no effect on the engine sharded, whose size is --threads; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --engine shared --workers 2 | --workers has no effect on the engine shared, whose size is --threads; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --engine sharded --max-children 2 | --max-children has no effect on the engine sharded, whose size is --threads; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --engine sequential --workers 2 | --workers has no effect on the engine sequential; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --spares 2 | --spares has no effect on the engine prefork; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --engine fork --max-children 0 | --max-children: "0" is too small; give a whole number from 1 to 256
                    --engine fork --spares 0 | --spares: "0" is too small; give a whole number from 1 to 256
                    --engine sharded --threads 0 | --threads: "0" is too small; give a whole number from 1 to 256
                    --encoded-slash yes | --encoded-slash: "yes" is not one of its values; give reject, decode or keep
                    --engine sharded --accept fair | --accept: "fair" is not one of its values; give reuseport or assign
                    --bind 8080 | --bind: "8080" is not an address; give an IPv4 or IPv6 address of this machine, as in 127.0.0.1, ::1 or 0.0.0.0
                    --max-connections 0 | --max-connections: "0" is too small; give a whole number from 1 to 1000000
                    --max-handlers 0 | --max-handlers: "0" is too small; give a whole number from 1 to 1000000
                    --max-body 16mb | --max-body: "16mb" is not a size; give bytes, or with k, m or g as in 16m
                    --max-request-line 10 | --max-request-line: "10" is too small; give bytes from 64 to 67108864, or with k, m or g as in 16m
                    --head-timeout 0 | --head-timeout: "0" would not wait at all; give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h
                    --grace soon | --grace: "soon" is not a time; give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h (0: none)
                    --log-level loud | --log-level: "loud" is not one of its values; give DEBUG, INFO, WARN or ERROR
                    --app counter | --app: "counter" is not one of its values; give scripts, files, hello, echo or ws-echo
                    -d | --daemon needs to know which instance; add --name NAME
                    --stop | --stop needs to know which instance; add --name NAME
                    -l --follow | --log needs to know which instance; add --name NAME
                    --reset-logs --port 80 | --reset-logs needs to know which instance; add --name NAME
                    --name | --name needs a value; write --name NAME
                    --name= | --name: "" cannot be a name; give 1 to 64 letters (a to z, A to Z), digits, dots, hyphens or underscores, the first of them a letter or digit
                    -n ../x -d | --name: "../x" cannot be a name; give 1 to 64 letters (a to z, A to Z), digits, dots, hyphens or underscores, the first of them a letter or digit
                    -n -x | --name: "-x" cannot be a name; give 1 to 64 letters (a to z, A to Z), digits, dots, hyphens or underscores, the first of them a letter or digit
                    -n --stop | --name needs a value; write --name NAME
                    -s -n .x | --name: ".x" cannot be a name; give 1 to 64 letters (a to z, A to Z), digits, dots, hyphens or underscores, the first of them a letter or digit
                    -n x -d -s | --daemon and --stop do not go together; give one of them
                    -n x -l --reset-logs | --log and --reset-logs do not go together; give one of them
                    -L -s -n x | --stop and --list-instances do not go together; give one of them
                    -L -n x | --list-instances lists all; leave --name out
                    --json | --json belongs to --list-instances; add that, or leave it out
                    -n x -l --json | --json belongs to --list-instances; add that, or leave it out
                    --follow -n x | --follow belongs to --log; add that, or leave it out
                    --daemon=yes | --daemon takes no value; give it alone, or leave it out
                    --log=x | --log takes no value; give it alone, or leave it out
                    --pass-env A,,B | --pass-env: "A,,B" has an empty name; give names as in LANG,TZ
                    --pass-env A=1 | --pass-env: "A=1" is not a name; set the variable in the shell and give its name alone
                    --pass-env HTTP_PROXY | --pass-env: "HTTP_PROXY" is set by the server for each request; pass the value under another name
                    --pass-env QUERY_STRING | --pass-env: "QUERY_STRING" is set by the server for each request; pass the value under another name
                    --bind ::1 --bind ::1 | --bind: "::1" is given twice; leave one of the two out
                    --bind 127.0.0.1 --bind ::ffff:127.0.0.1 | --bind: "127.0.0.1" is the same address as "::ffff:127.0.0.1"; leave one of the two out
                    --bind 127.0.0.1 --bind 0.0.0.0 | --bind: "0.0.0.0" takes the clients of "127.0.0.1" too; leave one of the two out
                    --bind :: --bind ::1 | --bind: "::" takes the clients of "::1" too; leave one of the two out
                    --bind unix:/a --bind unix:/a | --bind: "unix:/a" is given twice; leave one of the two out
                    --bind ::1 --bind-v6-only | --bind-v6-only has no effect without --bind ::; leave it out
                    --env SECRET | --env: "SECRET" has no =; write it as NAME=VALUE
                    --env =secret | --env: "" is not a variable name; give letters, digits and underscores, and no digit first
                    --env 1A=secret | --env: "1A" is not a variable name; give letters, digits and underscores, and no digit first
                    --env A-B=secret | --env: "A-B" is not a variable name; give letters, digits and underscores, and no digit first
                    --env HTTP_PROXY=secret | --env: "HTTP_PROXY" is set by the server for each request; set it under another name
                    --env GATEWAY_INTERFACE=secret | --env: "GATEWAY_INTERFACE" is set by the server for each request; set it under another name
                    --interpreter python3 | --interpreter: "python3" has no =; give an ending and a program as in py=python3 or py=/opt/python/bin/python3
                    --interpreter =x | --interpreter: "=x" does not begin with an ending; give an ending and a program as in py=python3 or py=/opt/python/bin/python3
                    --interpreter py= | --interpreter: "py=" names no program; give an ending and a program as in py=python3 or py=/opt/python/bin/python3
                    --interpreter py=./x | --interpreter: "py=./x" names a program by a path that is not absolute; give an ending and a program as in py=python3 or py=/opt/python/bin/python3
                    """)
    void eachSaysTheThingTheReasonAndTheNextStep(String words, String line) {
        Result result = run(words.split(" "));
        assertThat(result.errors()).isEqualTo("caffeine: " + line + "\n");
        assertThat(result.output()).isEmpty();
        assertThat(result.code()).isEqualTo(2);
    }

    /** One run tells them all: of words that were not understood, and of values. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    --prot 80 --cigi --tls a b --port | there is no option "--prot"; did you mean --port? # there is no option "--cigi"; did you mean --cgi? # there is no option "--tls"; caffeine --help lists the options # "b" belongs to no option; if it is the folder to serve, write --path b # --port needs a value; write --port PORT
                    --cert=x y -p x -w 0 | there is no option "--cert"; caffeine --help lists the options # "y" belongs to no option; if it is the folder to serve, write --path y # --port: "x" is not a number; give a whole number from 0 to 65535 # --workers: "0" is too small; give a whole number from 1 to 256
                    --body x x | "x" belongs to no option; if it is the folder to serve, write --path x
                    -x x -- -y | there is no option "-x"; caffeine --help lists the options # "-y" belongs to no option; if it is the folder to serve, write --path -y
                    --port --port 80 --bind | --port needs a value; write --port PORT # --bind needs a value; write --bind ADDRESS
                    --engine turbo --threads x --port y | --port: "y" is not a number; give a whole number from 0 to 65535 # --engine: "turbo" is not an engine; give one of prefork, reactor, shared, sharded, uring, virtual, selector, sequential, fork; caffeine --engines explains them
                    --enigne sharded --threads 0 --grace x | there is no option "--enigne"; did you mean --engine? # --grace: "x" is not a time; give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h (0: none)
                    --list-instance --json | there is no option "--list-instance"; did you mean --list-instances?
                    --stop --nmae x | there is no option "--nmae"; did you mean --name?
                    --stop --port x | --stop needs to know which instance; add --name NAME
                    --follow --port x | --follow belongs to --log; add that, or leave it out # --port: "x" is not a number; give a whole number from 0 to 65535
                    --accept fair --threads x | --threads has no effect on the engine prefork, whose size is --workers; leave it out, or choose another with --engine (caffeine --engines explains them) # --accept has no effect on the engine prefork; leave it out, or choose another with --engine (caffeine --engines explains them)
                    --pass-env A=1,,B --pass-env C= --interpreter x --interpreter =y | --pass-env: "A=1" is not a name; set the variable in the shell and give its name alone # --pass-env: "A=1,,B" has an empty name; give names as in LANG,TZ # --pass-env: "C=" is not a name; set the variable in the shell and give its name alone # --interpreter: "x" has no =; give an ending and a program as in py=python3 or py=/opt/python/bin/python3 # --interpreter: "=y" does not begin with an ending; give an ending and a program as in py=python3 or py=/opt/python/bin/python3
                    --trusted-proxy x,10.0.0.0/8,y --bind unix: | --bind: "unix:" names no socket; give a whole path, as in unix:/run/caffeine/web.sock # --trusted-proxy: "x" names no network; give an address or a range without bits behind its prefix, as in 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, or unix: # --trusted-proxy: "y" names no network; give an address or a range without bits behind its prefix, as in 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, or unix:
                    --app x --path /no/such --log-level y --access-format z -p 1x | --port: "1x" is not a number; give a whole number from 0 to 65535 # --access-format: "z" is not one of its values; give combined or json # --log-level: "y" is not one of its values; give DEBUG, INFO, WARN or ERROR # --app: "x" is not one of its values; give scripts, files, hello, echo or ws-echo # --path: /no/such is not there; make it with mkdir -p /no/such, or name another folder
                    -d -n x --access-log - --port x | --port: "x" is not a number; give a whole number from 0 to 65535 # --access-log: "-" is standard output, which a daemon does not have; give a file
                    --try x --field y --field z: | --try: "x" is not a request target; begin it with a slash, as in /hello?x=1 # --field: "y" is not a field line; write it as in "Accept: */*"
                    """)
    void allAreTold(String words, String lines) {
        Result result = run(words.split(" "));
        assertThat(result.errors().lines())
                .containsExactly(
                        Arrays.stream(lines.split(" # "))
                                .map(line -> "caffeine: " + line)
                                .toArray(String[]::new));
        assertThat(result.output()).isEmpty();
        assertThat(result.code()).isEqualTo(2);
        assertThat(home).isEmptyDirectory();
    }

    /** Of the words first, then of the file by its lines; the exit code says where the first is. */
    @ParameterizedTest
    @ValueSource(strings = {"", "--check", "--try=/x", "-d -n x"})
    void allAreToldOfTheFileToo(String action) throws IOException {
        Path file = home.resolve("c.toml");
        Files.writeString(
                file,
                """
                port = "x"
                enigne = "sharded"
                workers = 0
                path = "gone"
                cgi = 1
                pass-env = [
                    "A=",
                    5,
                    "B=",
                ]
                [interpreters]
                py = 3
                js = "./x"
                [routes."/a"]
                mode = "fast"
                methods = ["get", "P("]
                max-handler = 3
                max-queue = 3
                [routes.b]
                memory = "1x"
                [error-pages]
                200 = "a.html"
                404 = "b.html"
                405 = "c"
                406 = 6
                """);
        List<String> words = new ArrayList<>(List.of("-c", file.toString()));
        words.addAll(action.isEmpty() ? List.of() : List.of(action.split(" ")));
        Result result = run(words.toArray(new String[0]));
        List<String> places =
                result.errors()
                        .lines()
                        .map(line -> line.replaceFirst(".*/c\\.toml:(\\d+): (\\S+).*", "$1 $2"))
                        .toList();
        assertThat(places)
                .containsExactly(
                        "1 port:",
                        "2 there",
                        "3 workers:",
                        "4 path:",
                        "5 cgi:",
                        "7 pass-env:",
                        "8 pass-env:",
                        "9 pass-env:",
                        "12 interpreters.py:",
                        "13 interpreters:",
                        "15 routes.\"/a\".mode:",
                        "16 routes.\"/a\".methods:",
                        "16 routes.\"/a\".methods:",
                        "17 routes.\"/a\":",
                        "19 routes:",
                        "20 routes.\"b\".memory:",
                        "22 error-pages:",
                        "22 error-pages.200:",
                        "23 error-pages.404:",
                        "24 error-pages.405:",
                        "caffeine: and 1 more; correct these first");
        assertThat(result.output()).isEmpty();
        assertThat(result.code()).isEqualTo(1);
        words.addAll(List.of("--grace", "x"));
        result = run(words.toArray(new String[0]));
        assertThat(result.errors()).startsWith("caffeine: --grace: \"x\"").contains("c.toml:1:");
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void allAreToldOfAFileThatIsNoToml() throws IOException {
        Path file = home.resolve("c.toml");
        Files.writeString(file, "port = 1\nport = 2\nbind = \"\\q\"\nx 1\ny 2\n");
        Result result = run("-c", file.toString(), "--port", "x", "--threads", "3");
        assertThat(result.errors().lines().map(line -> line.replaceFirst(" /.*/c\\.", "c.")))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("caffeine: --port: \"x\" is not"),
                        line -> assertThat(line).startsWith("caffeine:c.toml:2: port "),
                        line -> assertThat(line).startsWith("caffeine:c.toml:3: Invalid escape"),
                        line -> assertThat(line).startsWith("caffeine:c.toml:4: Unexpected '1'"),
                        line -> assertThat(line).startsWith("caffeine:c.toml:5: Unexpected '2'"));
        assertThat(result.errors()).doesNotContain("threads");
        assertThat(result.code()).isEqualTo(2);
        result = run("-c", home + "/none", "--stop");
        assertThat(result.errors().lines()).hasSize(1);
        assertThat(result.errors())
                .startsWith("caffeine: --config: " + home + "/none is not there");
        assertThat(result.code()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"--no-such --help", "--port x -h"})
    void helpIsGivenWhateverElseIsWrong(String words) {
        Result result = run(words.split(" "));
        assertThat(result.output()).startsWith("Usage: caffeine [OPTIONS]\n");
        assertThat(result.errors()).isEmpty();
        assertThat(result.code()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"-n", "-d -n", "-s -n", "-l -n"})
    void aNameIsNotLong(String before) {
        Result result = run((before + " " + "a".repeat(300)).split(" "));
        assertThat(result.errors())
                .startsWith("caffeine: --name: \"" + "a".repeat(200) + "...\" cannot be a name;");
        assertThat(result.code()).isEqualTo(2);
    }

    /** What cannot be done with an instance that is not there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    -s -n not-there | not-there does not run; caffeine --list-instances shows what does
                    -l -n not-there | not-there has no log: there is no HOME/.local/share/caffeine/not-there.log; an instance makes it when it is started with this --name
                    -l --follow -n not-there | not-there has no log: there is no HOME/.local/share/caffeine/not-there.log; an instance makes it when it is started with this --name
                    --reset-logs -n not-there | not-there has no log: there is no HOME/.local/share/caffeine/not-there.log; an instance makes it when it is started with this --name
                    """)
    void anInstanceThatIsNotThere(String words, String line) {
        Result result = run(words.split(" "));
        assertThat(result.errors())
                .isEqualTo("caffeine: " + line.replace("HOME", home.toString()) + "\n");
        assertThat(result.output()).isEmpty();
        assertThat(result.code()).isEqualTo(1);
        assertThat(home).isEmptyDirectory();
    }

    /** A mistake is found before anything is made. */
    @ParameterizedTest
    @CsvSource({"--port x", "--log-level loud", "--interpreter x", "--pass-env A=1"})
    void nothingIsMadeForACommandThatCannotRun(String words) {
        assertThat(run(words.split(" ")).code()).isEqualTo(2);
        assertThat(home).isEmptyDirectory();
    }

    private record Result(int code, String output, String errors) {}

    private Result run(String... words) {
        var output = new ByteArrayOutputStream();
        var errors = new ByteArrayOutputStream();
        var surroundings =
                new Surroundings(
                        Map.of("HOME", home.toString()),
                        "/",
                        "/",
                        List.of(),
                        new PrintStream(errors, true, StandardCharsets.UTF_8));
        int code =
                Main.run(
                        new PrintStream(output, true, StandardCharsets.UTF_8), surroundings, words);
        return new Result(
                code,
                output.toString(StandardCharsets.UTF_8),
                errors.toString(StandardCharsets.UTF_8));
    }
}

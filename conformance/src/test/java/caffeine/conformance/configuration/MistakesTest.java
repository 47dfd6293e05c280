package caffeine.conformance.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of a mistake in a file or a script, and with which exit code. */
class MistakesTest {

    private static final Tree TREE = new Tree();

    @AfterAll
    static void clean() {
        TREE.close();
    }

    /** To serve and to check tell it alike, and serve nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    prot = 80 | there is no key "prot"; did you mean port?
                    port = "80" | port: "80" is text; give a whole number, without quotes
                    routes."/a".methods = ["get"] | routes."/a".methods: "get" is not a method; methods are case-sensitive; give names as in ["GET", "POST"]
                    error-pages.404 = "x.html" | error-pages.404: "FOLDER/x.html" is not there; write it, or correct the path (it begins at the folder of the configuration file)
                    """)
    void inAFileFail(String line, String text) {
        TREE.file("caffeine.toml", "# one\n" + line + "\n", "rw-r--r--");
        String file = TREE.resolve("caffeine.toml").toString();
        String expected =
                "caffeine: "
                        + file
                        + ":2: "
                        + text.replace("FOLDER", TREE.root().toString())
                        + "\n";
        for (String check : new String[] {"--check", "--workers=1"}) {
            Outcome outcome = Server.with("-c", file, "--port", "0", check).run();
            assertThat(outcome.err()).isEqualTo(expected);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.exit()).isEqualTo(1);
        }
    }

    @Test
    void checkShowsWhatHoldsBelowAPath() {
        TREE.file("site/.keep", "", "rw-r--r--")
                .sh("site/api/x", "")
                .file(
                        "site.toml",
                        "path = \"site\"\nroutes.\"/api\".mode = \"cgi\"\n",
                        "rw-r--r--");
        Outcome outcome = Server.with("-c", TREE.resolve("site.toml").toString(), "--check").run();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out().replaceAll(" +", " "))
                .contains("\n /api\n mode = \"cgi\" site.toml:2\n")
                .contains("\n /api/x cgi\n");
        assertThat(outcome.exit()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    echo hello | the client would get 502: a line without a valid field name: "hello" (RFC 3875
                    printf 'HTTP/1.1 200 OK\\nConnection: close\\n\\n' | line 1 of its head ends in a bare LF, and so do others; HTTP's lines end in CR LF
                    printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: 9\\r\\n\\r\\nhi' | Content-Length says 9, but 2 bytes follow; count bytes, not characters, or leave it out
                    printf 'HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n'; exit 3 | it failed: exit 3
                    """)
    void inAScriptAreFoundByTryingIt(String script, String text) {
        TREE.sh("try/x", script + "\n");
        assertFound("x", text);
    }

    @Test
    void inAFileThatCannotRunAreFoundByTryingIt() {
        TREE.script("try/nobody", "#!/no/such/program\n").file("try/data", "", "rw-r--r--");
        TREE.file("try/x.none", "", "rw-r--r--");
        assertFound("nobody", "the program that its first line (#!) names is missing");
        assertFound("data", "data is not executable, and its ending names no interpreter");
        Outcome missing = attempt("x.none", "--interpreter", "none=no-such-program");
        assertThat(missing.err()).contains("no program no-such-program in ");
        assertThat(missing.exit()).isEqualTo(1);
    }

    private static void assertFound(String name, String text) {
        Outcome outcome = attempt(name);
        assertThat(outcome.err().lines()).hasSize(1);
        assertThat(outcome.err()).startsWith("caffeine: ").contains(text);
        assertThat(outcome.exit()).isEqualTo(1);
    }

    private static Outcome attempt(String name, String... options) {
        return Server.with("--path", TREE.resolve("try").toString(), "--try", "/" + name)
                .options(options)
                .run();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--try=hello", "--method=GET", "--body=x", "--field=A: b", "--check=yes"})
    void inTheWordsAreOfUsage(String word) {
        Outcome outcome = Server.with(word).run();
        assertThat(outcome.err()).startsWith("caffeine: " + word.substring(0, word.indexOf('=')));
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.exit()).isEqualTo(2);
    }
}

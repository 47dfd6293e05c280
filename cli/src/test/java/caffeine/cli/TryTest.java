package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.cli.options.Surroundings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code --try}: real scripts, run by the server's own code. */
class TryTest {

    private static final String RIGHT =
            "printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\nhi\\n'";

    @TempDir Path folder;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @Test
    void showsWhatItWasGivenAndWhatItWrote() throws IOException {
        script("hello", RIGHT + "; echo oops >&2");
        assertThat(attempt("/hello/a%20b?x=1", "--field=X-Mine: 5", "-p", "9000")).isZero();
        assertThat(errors()).isEmpty();
        assertThat(output())
                .startsWith(folder + "/hello writes HTTP to the client\n\nIt was given\n")
                .contains("\n  PATH=/usr/bin:/bin\n", "\n  QUERY_STRING=x=1\n")
                .contains("\n  PATH_INFO=/a b\n", "\n  REQUEST_METHOD=GET\n")
                .contains("\n  HTTP_X_MINE=5\n", "\n  HTTP_HOST=127.0.0.1:9000\n")
                .contains("\n  (no content on standard input)\n")
                .contains(
                        """

                        It wrote 41 bytes
                          HTTP/1.1 200 OK\\r\\n
                          Connection: close\\r\\n
                          \\r\\n
                          hi\\n

                        To standard error
                          oops

                        It ended: exit 0, after \
                        """);
    }

    @Test
    void givesItContent() throws IOException {
        script("cgi-bin/cat", "printf 'Content-Type: text/plain\\n\\n'; cat");
        assertThat(attempt("/cgi-bin/cat", "--body", "größe")).isZero();
        assertThat(output())
                .contains("\n  REQUEST_METHOD=POST\n  ", "\n  CONTENT_LENGTH=7\n")
                .contains("\n  (7 bytes on standard input)\n", "\n  größe\n\nIt ended: exit 0");

        Path file = folder.resolve("content");
        Files.writeString(file, "from a file");
        assertThat(attempt("/cgi-bin/cat", "--body=@" + file, "--method", "PATCH")).isZero();
        assertThat(output()).contains("\n  REQUEST_METHOD=PATCH\n", "\n  from a file\n");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    x         | echo hi | the client would get 502: a line without a valid field name: "hi" (RFC 3875 §6.3); write "Content-Type: text/plain" and an empty line first (CGI), or a whole response that begins with "HTTP/1.1 200 OK"
                    x         | true | the client would get 502: no output (RFC 3875 §6.2); write "Content-Type: text/plain" and an empty line first (CGI), or a whole response that begins with "HTTP/1.1 200 OK"
                    nph-x     | echo hi | it does not begin with a status line but with "hi"; write HTTP/1.1 200 OK first
                    nph-x     | true | the client would get 502: no output (RFC 3875 §6.2); write a whole response that begins with "HTTP/1.1 200 OK"
                    x         | printf 'HTTP/1.1 200 OK\\nConnection: close\\n\\n' | line 1 of its head ends in a bare LF, and so do others; HTTP's lines end in CR LF (\\r\\n, RFC 9112 §2.2)
                    x         | printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: 5\\r\\n\\r\\nhi' | Content-Length says 5, but 2 bytes follow; count bytes, not characters, or leave it out
                    x         | printf 'HTTP/1.1 200 OK\\r\\n\\r\\nhi' | Connection: close is missing: the connection closes after the response, and without this line a client may send another request, which is lost
                    x         | printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n'; exit 3 | it failed: exit 3
                    x         | printf 'HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n'; kill -KILL $$ | it failed: SIGKILL
                    x         | exec sleep 60 | it was ended after 300 ms (--handler-timeout)
                    cgi-bin/x | true | the client would get 502: no output (RFC 3875 §6.2); write "Content-Type: text/plain" and an empty line first
                    cgi-bin/x | echo hi; sleep 60 | the client would get 502: a line without a valid field name: "hi" (RFC 3875 §6.3); write "Content-Type: text/plain" and an empty line first
                    cgi-bin/x | echo Content-Type: a/b | the client would get 502: the output ends in the head (RFC 3875 §6.2); end its fields with an empty line
                    cgi-bin/x | printf 'Status: 9000\\n\\n' | the client would get 502: not a final status: "Status: 9000" (RFC 3875 §6.3.3)
                    cgi-bin/x | printf 'Content-Type: a/b\\nContent-Length: 9\\n\\nhi' | Content-Length says 9, but 2 bytes follow: the client would be cut off; count bytes, not characters, or leave it out
                    cgi-bin/x | printf 'Content-Type: a/b\\r\\nContent-Length: 1\\r\\n\\r\\nhi' | Content-Length says 1, but 2 bytes follow: the rest would be dropped; count bytes, not characters, or leave it out
                    cgi-bin/x | printf 'Content-Type: a/b\\n\\n'; exit 7 | it failed: exit 7
                    cgi-bin/x | printf 'Location: /gone\\n\\n' | it redirects to /gone, where no script and no file is
                    cgi-bin/x | printf 'HTTP/1.1 200 OK\\r\\n\\r\\n' | Connection: close is missing: the connection closes after the response, and without this line a client may send another request, which is lost
                    """)
    void saysWhatIsWrong(String name, String body, String fault) throws IOException {
        script(name, body);
        String limit = fault.contains("300 ms") ? "300ms" : "10m";
        assertThat(attempt("/" + name, "--handler-timeout=" + limit)).isEqualTo(1);
        assertThat(errors()).isEqualTo("caffeine: " + fault + "\n");
    }

    @Test
    void aChildThatHoldsTheOutputIsWaitedForAsByTheServer() throws IOException {
        script("x", RIGHT + "; sleep 60 &");
        assertThat(attempt("/x", "--output-quiet=200ms")).isEqualTo(1);
        assertThat(output()).contains("  hi\\n\n");
        assertThat(errors())
                .startsWith("caffeine: its response was ended after 200 ms without output: ")
                .contains(" (sleep) holds its output open; redirect the output of background");
        script("y", RIGHT + "; { sleep 0.1; echo more; } &");
        assertThat(attempt("/y")).isZero();
        assertThat(output()).contains("  more\\n\n");
    }

    @Test
    void showsADialectThatItsOutputTells() throws IOException {
        script("x", "printf 'Content-Type: a/b\\n\\nhi'");
        assertThat(attempt("/x")).isZero();
        assertThat(output()).contains("/x writes CGI/1.1, of which the server makes HTTP");
    }

    @Test
    void muchOutputIsCountedAndCut() throws IOException {
        script("cgi-bin/x", "printf 'Content-Type: a/b\\n\\n'; head -c 3000000 /dev/zero");
        assertThat(attempt("/cgi-bin/x")).isZero();
        assertThat(output()).contains("\nIt wrote 3000019 bytes\n", "\n  (and more)\n");
    }

    @Test
    void aWebSocketScriptGetsALineForEachMessage() throws IOException {
        script(
                "ws/got",
                "while read -r line; do echo \"got $line\"; done; echo end; echo oops >&2");
        assertThat(
                        attempt(
                                "/ws/got/a?x=1",
                                "--body",
                                "one\ntwö",
                                "--output-quiet=300ms",
                                "--grace=60s"))
                .isZero();
        assertThat(errors()).isEmpty();
        assertThat(output())
                .startsWith(folder + "/ws/got writes messages of a WebSocket connection\n\nIt was")
                .contains(
                        "\n  REQUEST_METHOD=GET\n", "\n  PATH_INFO=/a\n", "\n  QUERY_STRING=x=1\n")
                .contains("\n  HTTP_SEC_WEBSOCKET_VERSION=13\n", "\n  HTTP_HOST=127.0.0.1:8080\n")
                .contains("\n  (8 bytes on standard input)\n")
                .contains(
                        """
                         bytes
                          got one\\n
                          got twö\\n
                          end\\n

                        To standard error
                          oops
                        """)
                .contains("\nIt ended: exit 0, after ")
                .endsWith(" ms\n  (the connection closed with 1000)\n");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    read -r line; echo "$line"; exit 3 | 1011 | it failed: exit 3
                    printf '\\351\\n'; exec sleep 60 | 1011 | it wrote a line that is not UTF-8; use --ws-binary for other data
                    head -c 2000 /dev/zero; exec sleep 60 | 1009 | it wrote a line of more than --max-message
                    """)
    void mistakesOfAWebSocketScript(String body, int code, String fault) throws IOException {
        script("ws/x", body);
        assertThat(attempt("/ws/x", "--body=hi", "--max-message=1k", "--output-quiet=30s"))
                .isEqualTo(1);
        assertThat(errors()).isEqualTo("caffeine: " + fault + "\n");
        assertThat(output()).endsWith("\n  (the connection closed with " + code + ")\n");
    }

    @Test
    void aWebSocketScriptThatWritesOnIsLeft() throws IOException {
        script("ws/x", "while :; do echo on; sleep 0.05; done");
        assertThat(attempt("/ws/x", "--output-quiet=200ms", "--grace=100ms")).isZero();
        assertThat(output())
                .contains("\nIt ended: SIGTERM, after ")
                .endsWith("\n  (the connection closed with 1000)\n");
    }

    @Test
    void aBinaryWebSocketScriptGetsTheBodyAsOneMessage() throws IOException {
        script("ws/cat", "exec cat");
        assertThat(
                        attempt(
                                "/ws/cat",
                                "--ws-binary",
                                "--body",
                                "a\nb",
                                "--output-quiet=300ms",
                                "--grace=60s"))
                .isZero();
        assertThat(output()).contains("\nIt wrote 3 bytes\n  a\\n\n  b\n");
    }

    @Test
    void aRefusedHandshakeIsTold() throws IOException {
        script("ws/cat", "exec cat");
        assertThat(attempt("/ws/cat", "--field=Origin: http://b.test")).isEqualTo(1);
        assertThat(output())
                .startsWith("No handler ran; the server itself answers\n  HTTP/1.1 403");
        assertThat(attempt("/ws/cat", "--method=POST")).isEqualTo(1);
        assertThat(errors()).startsWith("caffeine: the server answers 405: ");
        assertThat(attempt("/ws/cat", "--field=sec-websocket-version: 12")).isEqualTo(1);
        assertThat(errors()).startsWith("caffeine: the server answers 426: ");
    }

    @Test
    void whenNoHandlerRunsTheServersAnswer() throws IOException {
        Files.writeString(folder.resolve("plain"), "#!/bin/sh\n");
        assertThat(attempt("/plain")).isEqualTo(1);
        assertThat(output())
                .startsWith(
                        "No handler ran; the server itself answers\n"
                                + "  HTTP/1.1 403 Forbidden\\r"
                                + "\\n");
        assertThat(errors())
                .isEqualTo(
                        "caffeine: the server answers 403: "
                                + folder
                                + "/plain is not executable, and its ending names no interpreter;"
                                + " to run it: chmod +x '"
                                + folder
                                + "/plain' (RFC 3875 §3.2)\n");

        assertThat(attempt("/none")).isEqualTo(1);
        assertThat(errors()).contains("the server answers 404: no such file: ");
        assertThat(attempt("/a b")).isEqualTo(1);
        assertThat(errors()).contains("the server answers 400: ");
    }

    @Test
    void aScriptThatCannotBeStarted() throws IOException {
        Path file = folder.resolve("x");
        Files.writeString(file, "#!/no/such/program\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        assertThat(attempt("/x")).isEqualTo(1);
        assertThat(output())
                .contains("/x writes CGI/1.1 or HTTP", "\nIt was given\n")
                .doesNotContain("wrote");
        assertThat(errors())
                .startsWith("caffeine: the server answers 500: cannot be started: ")
                .contains("the program that its first line (#!) names is missing");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            textBlock =
                    """
                    --try hello | 2 | --try: "hello" is not a request target; begin it with a slash, as in /hello?x=1
                    --try | 2 | --try needs a value; write --try TARGET
                    --method PUT | 2 | --method belongs to --try; add that, or leave it out
                    --body x | 2 | --body belongs to --try; add that, or leave it out
                    --field A:b | 2 | --field belongs to --try; add that, or leave it out
                    --try /x --field A | 2 | --field: "A" is not a field line; write it as in "Accept: */*"
                    --try /x --body @/no/file | 1 | --body: "/no/file" cannot be read: it is not there; name a file behind the @, or give text without one
                    --try /x --app hello | 1 | --try runs a handler, and --app hello has none; leave it out
                    """)
    void mistakes(String words, int code, String text) {
        List<String> all = new ArrayList<>(List.of("--path", folder.toString()));
        all.addAll(List.of(words.split(" ")));
        assertThat(run(all)).isEqualTo(code);
        assertThat(errors()).isEqualTo("caffeine: " + text + "\n");
        assertThat(output()).isEmpty();
    }

    private void script(String name, String body) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling(".").normalize());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private int attempt(String target, String... words) {
        List<String> all = new ArrayList<>(List.of("--path", folder.toString(), "--try", target));
        all.addAll(List.of(words));
        return run(all);
    }

    private int run(List<String> words) {
        output.reset();
        errors.reset();
        var surroundings =
                new Surroundings(
                        Map.of("PATH", "/usr/bin:/bin"),
                        "/",
                        "/opt/java",
                        List.of("java", "-m", "x"),
                        new PrintStream(errors, true, StandardCharsets.UTF_8));
        return Main.run(
                new PrintStream(output, true, StandardCharsets.UTF_8),
                surroundings,
                words.toArray(new String[0]));
    }

    private String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private String errors() {
        return errors.toString(StandardCharsets.UTF_8);
    }
}

package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.ArrayList;
import java.util.List;

/** curl, with both kinds of scripts. */
class CurlTest {

    private static final int BIG_BYTES = 20_000_000;

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        TREE.sh(
                "hello",
                "printf 'HTTP/1.1 200 OK\\r\\nDate: Sun, 06 Nov 1994 08:49:37 GMT\\r\\n"
                        + "Connection: close\\r\\n\\r\\nhello\\n'\n");
        TREE.sh(
                "cgi-bin/echo",
                """
                printf 'Content-Type: text/plain\\n\\n%s %s %s\\n' \\
                    "$REQUEST_METHOD" "$CONTENT_LENGTH" "$CONTENT_TYPE"
                cat
                """);
        TREE.sh(
                "cgi-bin/big",
                "printf 'Content-Type: a/b\\n\\n'; head -c " + BIG_BYTES + " /dev/zero\n");
    }

    @BeforeAll
    static void needs() {
        Run.needs("curl", "curl");
    }

    @Test
    void getsADirectResponse() {
        assertThat(curl(url("/hello"))).isEqualTo("hello\n");
    }

    @Test
    void postsAForm() {
        assertThat(curl("-d", "a=1", "-d", "b=2", url("/cgi-bin/echo")))
                .isEqualTo("POST 7 application/x-www-form-urlencoded\na=1&b=2");
    }

    @Test
    void uploadsAStreamOfUnknownLength() {
        String content = "0123456789".repeat(200_000);
        Run run = Run.of("curl", "-sS", "--fail", "-T", "-", url("/cgi-bin/echo"));

        assertThat(run.input(Requests.bytes(content)).output())
                .isEqualTo("PUT 2000000 \n" + content);
    }

    @Test
    void awaits100BeforeItSends() {
        String said =
                curl(
                        "-v",
                        "--stderr",
                        "-",
                        "-H",
                        "Expect: 100-continue",
                        "--expect100-timeout",
                        "20",
                        "-d",
                        "x",
                        url("/cgi-bin/echo"));

        assertThat(said).contains("HTTP/1.1 100 Continue", "HTTP/1.1 200 OK");
    }

    @Test
    void reusesOneConnection() {
        List<String> arguments = new ArrayList<>(List.of("-w", "%{num_connects}\n"));
        for (int i = 0; i < 5; i++) {
            arguments.addAll(List.of("-o", "/dev/null", url("/cgi-bin/echo?" + i)));
        }

        assertThat(curl(arguments.toArray(String[]::new))).isEqualTo("1\n0\n0\n0\n0\n");
    }

    @Test
    void asksForTheHeadAlone() {
        assertThat(curl("-I", url("/cgi-bin/big"))).startsWith("HTTP/1.1 200 OK\r\n");
    }

    @Test
    void speaksHttp10() {
        assertThat(curl("--http1.0", "-i", url("/cgi-bin/echo")))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .doesNotContainIgnoringCase("transfer-encoding")
                .endsWith("GET  \n");
    }

    @Test
    void downloadsMuch() {
        assertThat(curl("-o", "/dev/null", "-w", "%{size_download}", url("/cgi-bin/big")))
                .isEqualTo(Integer.toString(BIG_BYTES));
    }

    private static String curl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--fail", "-m", "60"));
        command.addAll(List.of(arguments));
        return Run.of(command).output();
    }

    private static String url(String target) {
        return LEAKS.server().url(target);
    }
}

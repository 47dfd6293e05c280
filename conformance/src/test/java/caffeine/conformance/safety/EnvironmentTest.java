package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** What a script is given: its descriptors, its variables, its arguments, and nothing else. */
class EnvironmentTest {

    private static final List<String> DOCUMENTED =
            List.of(
                    "AUTH_TYPE",
                    "CONTENT_LENGTH",
                    "CONTENT_TYPE",
                    "DOCUMENT_ROOT",
                    "GATEWAY_INTERFACE",
                    "PATH",
                    "PATH_INFO",
                    "PATH_TRANSLATED",
                    "QUERY_STRING",
                    "REDIRECT_STATUS",
                    "REMOTE_ADDR",
                    "REMOTE_HOST",
                    "REMOTE_PORT",
                    "REQUEST_METHOD",
                    "REQUEST_URI",
                    "SCRIPT_FILENAME",
                    "SCRIPT_NAME",
                    "SERVER_NAME",
                    "SERVER_PORT",
                    "SERVER_PROTOCOL",
                    "SERVER_SOFTWARE");

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.around(
                            () ->
                                    Server.of(TREE.root())
                                            .options("--pass-env", "PASSED")
                                            .with("PASSED", "on purpose")
                                            .with("SECRET", "not on purpose")
                                            .with("JAVA_TOOL_OPTIONS", "-Dsecret=1")
                                            .with("JDK_JAVA_OPTIONS", "-Dsecret=2"))
                    .closing(TREE);

    static {
        // Python would add LC_CTYPE to an environment without a locale.
        String head = "import os, sys, signal\n";
        String names =
                "print(*sorted(open('/proc/self/environ').read().split('\\0')), sep='\\n')\n";
        String descriptors =
                """
                found = []
                for fd in range(1024):
                    try:
                        os.fstat(fd)
                        found.append(fd)
                    except OSError:
                        pass
                """;
        for (String folder : List.of("", "cgi-bin/")) {
            String print =
                    folder.isEmpty()
                            ? "print('HTTP/1.1 200 OK\\r"
                                    + "\\n"
                                    + "Date: Sun, 06 Nov 1994 08:49:37 GMT\\r"
                                    + "\\n"
                                    + "Connection: close\\r"
                                    + "\\n"
                                    + "\\r"
                                    + "')\n"
                            : "print('Content-Type: text/plain\\n')\n";
            TREE.python(folder + "names", head + print + names);
            TREE.python(folder + "descriptors", head + descriptors + print + "print(found)\n");
            TREE.python(
                    folder + "state",
                    head
                            + print
                            + "status = dict(l.split(':\\t') for l in open('/proc/self/status')"
                            + " if l.startswith('Sig'))\n"
                            + "print(os.getpgrp() == os.getpid(), status['SigBlk'].strip(),"
                            + " int(status['SigIgn'], 16) & 0x14003, os.get_blocking(1))\n");
        }
        TREE.sh("cgi-bin/arguments", Scripts.CGI_HEAD + "echo $# \"$@\"\n");
        TREE.sh("cgi-bin/limit", Scripts.CGI_HEAD + "ulimit -Sn\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/names", "/cgi-bin/names"})
    void hasNoVariableThatIsNotDocumented(String target) {
        Response response =
                LEAKS.server()
                        .exchange(
                                Requests.get(
                                        target + "/info?query",
                                        "X-Field: a",
                                        "Proxy: evil",
                                        "X_Field: evil",
                                        "Authorization: Basic evil",
                                        "Proxy-Authorization: Basic evil",
                                        "PATH: evil",
                                        "LD_PRELOAD: evil",
                                        "LD-PRELOAD: harmless"));

        List<String> names =
                response.text()
                        .lines()
                        .filter(line -> line.contains("="))
                        .map(line -> line.substring(0, line.indexOf('=')))
                        .filter(name -> !DOCUMENTED.contains(name))
                        .toList();
        assertThat(names)
                .containsExactlyInAnyOrder(
                        "PASSED", "HTTP_HOST", "HTTP_PATH", "HTTP_X_FIELD", "HTTP_LD_PRELOAD");
        assertThat(response.text())
                .contains("\nPASSED=on purpose\n", "\nHTTP_LD_PRELOAD=harmless\n")
                .contains("\nREDIRECT_STATUS=200\n", "\nREQUEST_URI=" + target + "/info?query\n")
                .doesNotContain("\nPATH=evil", "=Basic");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/descriptors", "/cgi-bin/descriptors"})
    void hasThreeDescriptors(String target) {
        for (int i = 0; i < 3; i++) {
            assertThat(LEAKS.server().get(target).text()).isEqualTo("[0, 1, 2]\n");
            assertThat(LEAKS.server().exchange(Requests.post(target, "content")).text())
                    .isEqualTo("[0, 1, 2]\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/state", "/cgi-bin/state"})
    void leadsItsGroupWithDefaultSignalsAndABlockingOutput(String target) {
        // Python ignores SIGPIPE itself (bit 0x1000), so that one is not asked for.
        assertThat(LEAKS.server().get(target).text()).isEqualTo("True 0000000000000000 0 True\n");
    }

    @Test
    void neverGetsTheQueryAsAnArgument() {
        assertThat(LEAKS.server().get("/cgi-bin/arguments?one+two").text()).isEqualTo("0\n");
        assertThat(LEAKS.server().get("/cgi-bin/arguments?-c").text()).isEqualTo("0\n");
    }

    @Test
    void hasTheDescriptorLimitThatTheServerWasStartedWith() {
        Server.Builder limited =
                Server.of(TREE.root()).under("sh", "-c", "ulimit -Sn 300; exec \"$@\"", "sh");
        try (Server server = limited.start()) {
            assertThat(server.get("/cgi-bin/limit").text()).isEqualTo("300\n");
            server.stop();
        }
    }
}

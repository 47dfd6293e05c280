package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.stream.Stream;

/** An error page says its status and reason: no path, no environment, no trace, no input. */
class ErrorPageTest {

    private static final String INPUT = "sought-for-input";

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS = LeakCheck.serving(TREE, "--max-body", "10", "--max-fields", "9");

    static {
        TREE.sh("cgi-bin/" + INPUT + "-empty", "exit 0\n");
        TREE.script("cgi-bin/" + INPUT + "-broken", "#!/no/such/interpreter\n");
        TREE.file("cgi-bin/" + INPUT + "-data", "x", "rw-r--r--");
    }

    static Stream<Arguments> requests() {
        String name = "/cgi-bin/" + INPUT;
        String field = "X-A: " + INPUT;
        return Stream.of(
                Arguments.of(404, Requests.get("/" + INPUT)),
                Arguments.of(404, Requests.get("/cgi-bin/." + INPUT)),
                Arguments.of(403, Requests.get(name + "-data")),
                Arguments.of(500, Requests.get(name + "-broken")),
                Arguments.of(502, Requests.get(name + "-empty")),
                Arguments.of(400, Requests.get("/../" + INPUT)),
                Arguments.of(400, Requests.get("/%zz" + INPUT)),
                Arguments.of(400, "GET /" + INPUT + " HTTP/1.1\r\n\r\n"),
                Arguments.of(400, Requests.get("/", INPUT)),
                Arguments.of(413, Requests.post(name, "a".repeat(11))),
                Arguments.of(414, Requests.get(name + "a".repeat(9000))),
                Arguments.of(417, Requests.get(name, "Expect: " + INPUT)),
                Arguments.of(
                        431,
                        Requests.get(
                                name,
                                Stream.generate(() -> field).limit(9).toArray(String[]::new))),
                Arguments.of(501, Requests.head("TRACE", name)),
                Arguments.of(501, Requests.get(name, "Transfer-Encoding: " + INPUT + ", chunked")),
                Arguments.of(505, Requests.get(name).replace("HTTP/1.1", "HTTP/3.0")));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void saysItsStatusAndReasonAlone(int status, String request) {
        Response response = LEAKS.server().exchange(request);

        assertThat(response.status()).isEqualTo(status);
        assertThat(response.text())
                .contains(Integer.toString(status), response.reason())
                .doesNotContain(INPUT, TREE.root().toString(), "Exception", "caffeine.", "java");
        assertThat(response.field("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(response.field("Content-Type")).isNotEmpty();
    }
}

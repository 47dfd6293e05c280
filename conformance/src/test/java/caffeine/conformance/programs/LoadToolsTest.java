package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Short runs of ab and wrk: not for speed, but for what they count as wrong. */
class LoadToolsTest {

    private static final int REQUESTS = 300;

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        TREE.sh(
                "hello",
                "printf 'HTTP/1.1 200 OK\\r\\nDate: Sun, 06 Nov 1994 08:49:37 GMT\\r\\n"
                        + "Content-Length: 6\\r\\nConnection: close\\r\\n\\r\\nhello\\n'\n");
        TREE.sh("cgi-bin/hello", "printf 'Content-Type: a/b\\nContent-Length: 6\\n\\nhello\\n'\n");
        TREE.sh("cgi-bin/stream", "printf 'Content-Type: a/b\\n\\nhello\\n'\n");
    }

    @Test
    void abGetsEachAnswerOnAConnectionOfItsOwn() {
        assertThat(number(ab("/cgi-bin/stream"), "Complete requests: +(\\d+)")).isEqualTo(REQUESTS);
        assertThat(number(ab("/hello"), "Complete requests: +(\\d+)")).isEqualTo(REQUESTS);
    }

    @Test
    void abKeepsItsConnections() {
        String said = ab("/cgi-bin/hello", "-k");

        assertThat(number(said, "Keep-Alive requests: +(\\d+)")).isEqualTo(REQUESTS);
    }

    @Test
    void wrkKeepsItsConnections() {
        wrk("/cgi-bin/hello");
        wrk("/cgi-bin/stream");
    }

    @Test
    void wrkReconnectsAfterEachDirectResponse() {
        wrk("/hello");
    }

    private static String ab(String target, String... more) {
        Run.needs("ab", "apache2-utils");
        String count = Integer.toString(REQUESTS);
        String option = more.length == 0 ? "-q" : more[0];
        String said =
                Run.of("ab", "-q", option, "-n", count, "-c", "8", LEAKS.server().url(target))
                        .output();
        assertThat(number(said, "Failed requests: +(\\d+)")).as(said).isZero();
        assertThat(said).doesNotContain("Non-2xx");
        return said;
    }

    private static void wrk(String target) {
        Run.needs("wrk", "wrk");
        String url = LEAKS.server().url(target);
        String said =
                Run.of(List.of("wrk", "-t", "1", "-c", "8", "-d", "1s", "--timeout", "60s", url))
                        .output();
        assertThat(number(said, "(\\d+) requests in")).as(said).isPositive();
        assertThat(said).doesNotContain("Socket errors", "Non-2xx");
    }

    private static int number(String said, String regex) {
        Matcher matcher = Pattern.compile(regex).matcher(said);
        assertThat(matcher.find()).as(said).isTrue();
        return Integer.parseInt(matcher.group(1));
    }
}

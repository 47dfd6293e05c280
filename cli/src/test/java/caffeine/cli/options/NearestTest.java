package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** What people mistype, and what they only wish for. */
class NearestTest {

    private static final List<String> OPTIONS =
            Option.values().stream().map(Option::longName).toList();

    @ParameterizedTest
    @CsvSource({
        "--prot, --port",
        "--por, --port",
        "--porrt, --port",
        "--poort, --port",
        "--PORT, --port",
        "--port-, --port",
        "-prot, --port",
        "--lgo, --log",
        "--logs, --log",
        "--tyr, --try",
        "--cig, --cgi",
        "--paht, --path",
        "--bnid, --bind",
        "--nmae, --name",
        "--worker, --workers",
        "--wokrers, --workers",
        "--thread, --threads",
        "--enigne, --engine",
        "--engin, --engine",
        "--deamon, --daemon",
        "--daemonn, --daemon",
        "--acces-log, --access-log",
        "--max_body, --max-body",
        "--maxbody, --max-body",
        "--max-handler, --max-handlers",
        "--max-conn, --max-connections",
        "--max-connection, --max-connections",
        "--handler-timout, --handler-timeout",
        "--idle, --idle-timeout",
        "--pass-auth, --pass-authorization",
        "--interpreters, --interpreter",
        "--trusted-proxies, --trusted-proxy",
        "--file, --files",
        "--list-instance, --list-instances",
        "--verison, --version",
        "--rest-logs, --reset-logs"
    })
    void isNear(String word, String meant) {
        assertThat(Nearest.of(word, OPTIONS)).isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--tls",
                "--cert",
                "--key",
                "--ssl",
                "--tls-cert",
                "--tls-key",
                "--http2",
                "--host",
                "--root",
                "--mode",
                "--page",
                "--url",
                "--css",
                "--api",
                "--start",
                "--status",
                "--restart",
                "--static",
                "--warm",
                "--time",
                "--timeout",
                "--address",
                "--listen",
                "--verbose",
                "--quiet",
                "--debug",
                "--tail",
                "--directory",
                "--document-root",
                "--max",
                "--max-",
                "--pass",
                "--pa",
                "--p",
                "--x",
                "--",
                "-x",
                "-",
                ""
            })
    void isNotNear(String word) {
        assertThat(Nearest.of(word, OPTIONS)).isNull();
    }

    @Test
    void everyNameIsNearestToItself() {
        for (String name : OPTIONS) {
            assertThat(Nearest.of(name, OPTIONS)).isEqualTo(name);
        }
    }

    @Test
    void aLetterThatIsMissingIsForgiven() {
        for (String name : OPTIONS) {
            for (int i = 2; i < name.length() && name.length() > 5; i++) {
                String word = name.substring(0, i) + name.substring(i + 1);
                assertThat(Nearest.of(word, OPTIONS)).as(word).isNotNull();
            }
        }
    }

    @Test
    void aWordOfAnyLengthIsNothing() {
        assertThat(Nearest.of("--" + "a".repeat(10_000_000), OPTIONS)).isNull();
    }
}

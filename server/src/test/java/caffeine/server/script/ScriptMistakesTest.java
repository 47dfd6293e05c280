package caffeine.server.script;

import static caffeine.server.script.ScriptBench.get;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** A mistake of the server about one script: it costs that request, and nobody else anything. */
@ExtendWith(NoLeaks.class)
class ScriptMistakesTest {

    private static final String CGI = "printf 'Content-Type: text/plain\\n\\n'";
    private static final String DIRECT = "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'";

    @TempDir Path folder = Path.of("");

    private ScriptBench scripts = new ScriptBench(Path.of("/"));

    @BeforeEach
    void open() {
        scripts.close();
        scripts = new ScriptBench(folder, ScriptBench.handlers(1, 10));
    }

    @AfterEach
    void close() {
        assertThat(scripts.events.mistakes).hasSize(1);
        scripts.events.mistakes.clear();
        scripts.close();
    }

    /** With one slot, which would be lost, and one loop, which would end. */
    private void othersAreAnswered() {
        scripts.events.breakOn = null;
        assertThat(scripts.ask(scripts.cgi("next", CGI, "echo next")).text()).isEqualTo("next\n");
    }

    @Test
    void atTheEndOfACgiScriptIs500() {
        String path = scripts.cgi("x", "exit 0");
        scripts.events.breakOn = path + ": exit 0";
        assertThat(scripts.ask(path).status()).isEqualTo(500);
        othersAreAnswered();
    }

    @Test
    void atTheEndOfADirectScriptLeavesItsAnswer() {
        String path = scripts.direct("nph-x", DIRECT, "echo hello");
        scripts.events.breakOn = path + ": exit 0";
        BenchClient client = scripts.connect().send(get(path));
        assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\n\r\nhello\n");
        client.close();
        othersAreAnswered();
    }

    @Test
    void atTheEndOfADirectScriptThatWroteNothingIs500() {
        String path = scripts.direct("nph-x", "exit 0");
        scripts.events.breakOn = path + ": exit 0";
        assertThat(scripts.ask(path).status()).isEqualTo(500);
        othersAreAnswered();
    }

    @Test
    void atTheStartFromTheQueueIs500() {
        BenchClient first =
                scripts.connect()
                        .send(get(scripts.cgi("first", scripts.waitFor("go"), CGI, "echo 1")));
        scripts.untilStarted();
        String broken = "/cgi-bin/broken";
        scripts.tree.file("cgi-bin/broken", 0755, "#!/no/such/program\n");
        scripts.events.breakOn = broken + ": cannot be started";
        BenchClient second = scripts.connect().send(get(broken));
        scripts.bench.until("it waits", scripts.bench::isQuiet);
        scripts.let("go");
        assertThat(first.reply().text()).isEqualTo("1\n");
        assertThat(second.reply().status()).isEqualTo(500);
        first.close();
        second.close();
        othersAreAnswered();
    }
}

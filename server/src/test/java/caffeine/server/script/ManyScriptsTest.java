package caffeine.server.script;

import static caffeine.server.script.ScriptBench.get;
import static caffeine.server.script.ScriptBench.request;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/** Scripts and clients of all kinds at one time: none may harm another, and nothing may remain. */
@ExtendWith(NoLeaks.class)
class ManyScriptsTest {

    private static final int HANDLERS = 4;
    private static final String HEAD = "printf 'Content-Type: text/plain\\n\\n'";
    private static final String OK = "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'";

    @TempDir Path folder = Path.of("");

    static LongStream seeds() {
        return LongStream.rangeClosed(1, Boolean.getBoolean("caffeine.full") ? 100 : 3);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void leaveNothingBehind(long seed) {
        Random random = new Random(seed);
        try (ScriptBench scripts = new ScriptBench(folder, ScriptBench.handlers(HANDLERS, 6))) {
            List<String> requests = requests(scripts);
            String fine = scripts.printing("fine", "Status: 200\\n\\nfine");
            List<BenchClient> clients = new ArrayList<>();
            for (int step = 0; step < 300; step++) {
                act(scripts, requests, clients, random);
            }
            clients.forEach(BenchClient::close);
            scripts.bench.until("all are gone", () -> scripts.bench.connected() == 0);
            scripts.untilIdle();
            // All slots are free again: as many can run at one time as at first.
            List<BenchClient> last = new ArrayList<>();
            String running = ": >'" + folder + "/running'$QUERY_STRING";
            String waiting =
                    scripts.cgi("last", running, scripts.waitFor("last"), HEAD, "echo last");
            for (int i = 0; i < HANDLERS; i++) {
                last.add(scripts.connect().send(get(waiting + "?" + i)));
            }
            for (int i = 0; i < HANDLERS; i++) {
                scripts.untilReached("running" + i);
            }
            scripts.let("last");
            last.forEach(client -> assertThat(client.reply().text()).isEqualTo("last\n"));
            assertThat(scripts.ask(fine).text()).isEqualTo("fine");
            scripts.killChildren();
        }
    }

    private static List<String> requests(ScriptBench scripts) {
        List<String> requests = new ArrayList<>();
        String hello = scripts.cgi("hello", HEAD, "echo hello");
        String cat = scripts.cgi("cat", HEAD, "cat");
        requests.add(get(hello));
        requests.add(get(hello) + get(hello) + get(hello));
        requests.add(get(scripts.cgi("slow", "sleep 0.02", HEAD, "sleep 0.02", "echo slow")));
        requests.add(get(scripts.cgi("big", HEAD, "head -c 700000 /dev/zero")));
        requests.add(get(scripts.cgi("garbage", "echo garbage", "sleep 1")));
        requests.add(get(scripts.cgi("dies", HEAD, "echo dies", "kill -9 $$")));
        requests.add(get(scripts.cgi("fails", HEAD, "exit 1")));
        requests.add(get(scripts.cgi("child", HEAD, "sleep 5 &", "echo child")));
        requests.add(get(scripts.cgi("writer", HEAD, "head -c 1000000 /dev/zero &", "echo child")));
        requests.add(get(scripts.saying("local", "Location: /cgi-bin/hello\n")));
        requests.add(get(scripts.saying("loop", "Location: /cgi-bin/loop\n")));
        requests.add(get(scripts.saying("across", "Location: /direct\n")));
        requests.add(get(scripts.direct("direct", OK, "echo direct")));
        requests.add(get(scripts.direct("silent", "exit 0")));
        requests.add(get(scripts.direct("much", OK, "head -c 700000 /dev/zero")));
        requests.add(get("/nowhere"));
        scripts.tree.file("cgi-bin/broken", 0755, "#!/nowhere/sh\n");
        requests.add(get("/cgi-bin/broken"));
        String post = request("POST " + cat + " HTTP/1.1", "Content-Length: 70000");
        requests.add(post + "x".repeat(70_000));
        requests.add(post + "x".repeat(1000));
        requests.add(request("PUT " + cat + " HTTP/1.1", "Transfer-Encoding: chunked") + "1\r\na");
        requests.add("GET / HT");
        requests.add("nonsense\r\n\r\n");
        return requests;
    }

    private static void act(
            ScriptBench scripts, List<String> requests, List<BenchClient> clients, Random random) {
        if (clients.isEmpty() || random.nextInt(4) == 0) {
            clients.add(random.nextBoolean() ? scripts.bench.connect(8192) : scripts.connect());
        }
        BenchClient client = clients.get(random.nextInt(clients.size()));
        switch (random.nextInt(12)) {
            case 0 -> {
                client.reset();
                clients.remove(client);
            }
            case 1 -> {
                client.close();
                clients.remove(client);
            }
            case 2 -> client.endOutputIfOpen();
            case 3, 4 -> client.receiveSome(5000);
            case 5, 6 -> client.receive();
            case 7 -> scripts.bench.pass(random.nextInt(2));
            default ->
                    client.sendSome(
                            requests.get(random.nextInt(requests.size())).getBytes(US_ASCII));
        }
        for (int turns = random.nextInt(4); turns > 0; turns--) {
            scripts.bench.loop.doWork(2_000_000);
        }
    }
}

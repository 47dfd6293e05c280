package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.TestOptions;

import org.junit.jupiter.api.AfterEach;

import java.util.Random;

/** A bench for transports, and requests for it. */
abstract class TransportTesting {

    static final int HIGH_WATER_BYTES = 256 * 1024;
    static final int SMALL_BUFFER = 8 * 1024;

    LoopBench bench = bench(Answers.echo());

    @AfterEach
    void close() {
        bench.close();
    }

    static LoopBench bench(Answers answers) {
        return new LoopBench(TestOptions.defaults(), _ -> answers);
    }

    Answers use(Answers answers) {
        bench.close();
        bench = bench(answers);
        return answers;
    }

    static String get(String path, String... lines) {
        return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + String.join("", lines) + "\r\n";
    }

    static String close(String path) {
        return get(path, "Connection: close\r\n");
    }

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    void untilClosed(BenchClient client) {
        bench.until("it is closed", () -> client.transport().isClosed());
        assertThat(bench.connected()).isZero();
    }

    /** Writes as long as there is room. */
    static final class Stream {
        static final int PIECE = 16 * 1024;
        private final Exchange exchange;
        private final byte[] content;
        private int next;

        Stream(Answers.Asked asked, byte[] content) {
            this.exchange = asked.exchange;
            this.content = content;
            exchange.respond(ResponseHead.of(200), content.length);
            asked.onWritable = this::write;
            write();
        }

        void write() {
            while (next < content.length && exchange.isWritable()) {
                int to = Math.min(next + PIECE, content.length);
                exchange.write(content, next, to);
                next = to;
            }
            if (next == content.length) {
                exchange.finish();
            }
        }
    }
}

package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.engine.Engine;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;

class ServerTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    127.0.0.1 | 4 workers | listening on http://127.0.0.1:8080 (prefork, 4 workers)
                    0.0.0.0   | 1 worker  | listening on http://0.0.0.0:8080 (prefork, 1 worker)
                    ::1       | 2 workers | listening on http://[::1]:8080 (prefork, 2 workers)
                    """)
    void oneLineSaysWhere(String address, String parts, String line) {
        InetSocketAddress bound = new InetSocketAddress(InetAddress.ofLiteral(address), 8080);
        assertThat(Server.greeting(new Prefork(), bound, parts)).isEqualTo(line);
    }

    private static final class Prefork implements Engine {

        @Override
        public String name() {
            return "prefork";
        }

        @Override
        public InetSocketAddress start(Bound bound) {
            throw new AssertionError();
        }

        @Override
        public void stop() {
            throw new AssertionError();
        }

        @Override
        public void awaitEnd() {
            throw new AssertionError();
        }
    }
}

package caffeine.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.NetworkOptions;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;

class ServerTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    127.0.0.1 | 4 workers | listening on http://127.0.0.1:8080 (prefork, 4 workers)
                    0.0.0.0   | 1 worker  | listening on http://0.0.0.0:8080 (prefork, 1 worker)
                    ::1       | 2 workers | listening on http://[::1]:8080 (prefork, 2 workers)
                    ::        | 2 workers | listening on http://[::]:8080 and http://0.0.0.0:8080 (prefork, 2 workers)
                    127.0.0.1,::1 | 2 workers | listening on http://127.0.0.1:8080 and http://[::1]:8080 (prefork, 2 workers)
                    ::,127.0.0.1 | 2 workers | listening on http://[::]:8080 and http://127.0.0.1:8080 (prefork, 2 workers)
                    """)
    void oneLineSaysWhere(String addresses, String parts, String line) {
        NetworkOptions bound =
                NetworkOptions.of(
                        Arrays.stream(addresses.split(","))
                                .map(
                                        each ->
                                                new InetSocketAddress(
                                                        InetAddress.ofLiteral(each), 8080))
                                .toArray(SocketAddress[]::new));
        assertThat(Server.greeting("prefork, " + parts, bound)).isEqualTo(line);
    }
}

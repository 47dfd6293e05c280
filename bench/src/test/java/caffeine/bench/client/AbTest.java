package caffeine.bench.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.util.List;

class AbTest {
    private static final String REPORT =
            """
            This is ApacheBench, Version 2.3 <$Revision$>
            Copyright 1996 Adam Twiss, Zeus Technology Ltd, http://www.zeustech.net/

            Benchmarking 127.0.0.1 (be patient).....done


            Server Software:        lighttpd/1.4.69
            Server Hostname:        127.0.0.1
            Server Port:            14205

            Document Path:          /cgi-bin/tiny
            Document Length:        6 bytes

            Concurrency Level:      16
            Time taken for tests:   0.171 seconds
            Complete requests:      200
            Failed requests:        0
            Total transferred:      31600 bytes
            HTML transferred:       1200 bytes
            Requests per second:    1172.42 [#/sec] (mean)
            Time per request:       13.647 [ms] (mean)
            Time per request:       0.853 [ms] (mean, across all concurrent requests)
            Transfer rate:          180.90 [Kbytes/sec] received
            """;
    private static final List<String> PERCENTILES =
            List.of("Percentage served,Time in ms", "0,1.100", "50,8.410", "98,30.0", "99,32.415");

    @Test
    void readsRateAndPercentiles() {
        assertThat(Ab.parse(REPORT, PERCENTILES))
                .isEqualTo(new LoadResult(200, 0, "", 1172.42, 8.410, 32.415));
    }

    @Test
    void addsUpWhatFailedAndSaysWhy() {
        String report =
                REPORT.replace(
                        "Failed requests:        0\n",
                        """
                        Failed requests:        3
                           (Connect: 0, Receive: 1, Length: 1, Exceptions: 1)
                        Write errors:           0
                        Non-2xx responses:      2
                        """);
        LoadResult result = Ab.parse(report, PERCENTILES);
        assertThat(result.failed()).isEqualTo(5);
        assertThat(result.failures())
                .isEqualTo(
                        "Failed requests: 3 (Connect: 0, Receive: 1, Length: 1, Exceptions: 1);"
                                + " Non-2xx responses: 2");
    }

    @Test
    void doesWithoutPercentiles() {
        assertThat(Ab.parse(REPORT, List.of()).p99Millis()).isNaN();
    }

    @Test
    void refusesWhatIsNoReport() {
        assertThatThrownBy(() -> Ab.parse("apr_socket_recv: Connection refused (111)", List.of()))
                .hasMessageContaining("Connection refused");
    }
}

package caffeine.bench.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WrkTest {
    private static final String REPORT =
            """
            Running 3s test @ http://127.0.0.1:14205/cgi-bin/tiny
              1 threads and 16 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency     7.15ms    9.25ms  93.20ms   90.18%
                Req/Sec     2.15k   401.25     2.80k    66.67%
              Latency Distribution
                 50%  956.00us
                 75%    7.99ms
                 90%   15.61ms
                 99%    1.20s
              6453 requests in 3.01s, 1.02MB read
            Requests/sec:   2145.31
            Transfer/sec:    346.15KB
            """;

    @Test
    void readsRateAndPercentilesInTheirUnits() {
        LoadResult result = Wrk.parse(REPORT);
        assertThat(result.requests()).isEqualTo(6453);
        assertThat(result.perSecond()).isEqualTo(2145.31);
        assertThat(result.p50Millis()).isCloseTo(0.956, within(1e-9));
        assertThat(result.p99Millis()).isCloseTo(1200, within(1e-9));
        assertThat(result.failed()).isZero();
    }

    @Test
    void addsUpWhatFailedAndSaysWhy() {
        LoadResult result =
                Wrk.parse(
                        REPORT.replace(
                                "Requests/sec:",
                                """
                                  Socket errors: connect 0, read 7, write 0, timeout 1
                                  Non-2xx or 3xx responses: 12
                                Requests/sec:\
                                """));
        assertThat(result.failed()).isEqualTo(20);
        assertThat(result.failures())
                .isEqualTo(
                        "Socket errors: connect 0, read 7, write 0, timeout 1;"
                                + " Non-2xx or 3xx responses: 12");
    }

    @Test
    void refusesWhatIsNoReport() {
        assertThatThrownBy(() -> Wrk.parse("unable to connect to 127.0.0.1:1 Connection refused"))
                .hasMessageContaining("unable to connect");
    }
}

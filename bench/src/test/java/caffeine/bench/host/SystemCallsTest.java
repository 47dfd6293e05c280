package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

class SystemCallsTest {

    @Test
    void readsTheTableOfStrace() {
        List<String> lines =
                """
                % time     seconds  usecs/call     calls    errors syscall
                ------ ----------- ----------- --------- --------- ----------------
                 61.54    0.004213          21       200           epoll_wait
                 30.00    0.002000          10       600       200 accept4
                  8.46    0.000579           0      1200           close
                ------ ----------- ----------- --------- --------- ----------------
                100.00    0.006792           3      2000       200 total
                """
                        .lines()
                        .toList();
        assertThat(SystemCalls.parse(lines))
                .containsExactly(
                        Map.entry("close", 1200L),
                        Map.entry("accept4", 600L),
                        Map.entry("epoll_wait", 200L));
    }

    @Test
    void readsTheTotalWithoutUsecsOfOtherVersions() {
        List<String> lines = List.of("100.00    0.006792                  2000       200 total");
        assertThat(SystemCalls.parse(lines)).isEmpty();
    }

    @Test
    void findsNothingWhereNothingWasCounted() {
        assertThat(SystemCalls.parse(List.of())).isEmpty();
    }
}

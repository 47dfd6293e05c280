package caffeine.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.HashMap;
import java.util.Map;

/** When a watchdog is ours, and how often it wants to hear from us (man 3 sd_watchdog_enabled). */
class ServiceManagerTest {

    @ParameterizedTest
    @CsvSource({
        "/run/notify, 30000000,    , 15000",
        "/run/notify, 30000000, 7  , 15000",
        "/run/notify, 30000000, 8  , 0",
        "/run/notify, 30000000, x  , 0",
        "           , 30000000,    , 0",
        "/run/notify,         ,    , 0",
        "/run/notify, 0       ,    , 0",
        "/run/notify, -1      ,    , 0",
        "/run/notify, many    ,    , 0",
        "/run/notify, 99999999999999999999,, 0",
        "/run/notify, 1       ,    , 1",
    })
    void watchdog(String socket, String usec, String pid, long everyMs) {
        Map<String, String> environment = new HashMap<>();
        put(environment, "NOTIFY_SOCKET", socket);
        put(environment, "WATCHDOG_USEC", usec);
        put(environment, "WATCHDOG_PID", pid);
        assertThat(ServiceManager.of(environment, 7).aliveEveryMs()).isEqualTo(everyMs);
    }

    private static void put(Map<String, String> environment, String name, String value) {
        if (value != null) {
            environment.put(name, value);
        }
    }
}

package caffeine.bench.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class SlowHttpTestTest {
    @Test
    void countsWhoWasConnectedAtOneTime() {
        List<String> table =
                List.of(
                        "Seconds,Closed,Pending,Connected,Service Available",
                        "0,0,1,0,1000",
                        "1,0,0,400,1000",
                        "2,400,0,0,1000");
        assertThat(SlowHttpTest.mostConnected(table)).isEqualTo(400);
        assertThat(SlowHttpTest.mostConnected(List.of())).isZero();
    }
}

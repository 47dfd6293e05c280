package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9110 §7.6.1")
class HopByHopTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "keep-alive",
                "TE",
                "te",
                "Trailer",
                "Upgrade",
                "Proxy-Connection",
                "TRANSFER-ENCODING"
            })
    void belongsToTheConnection(String name) {
        assertThat(HopByHop.contains(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host",
                "Content-Length",
                "Proxy",
                "TEA",
                "Connections",
                "Keep_Alive",
                "Set-Cookie",
                "Proxy-Authorization"
            })
    void belongsToTheMessage(String name) {
        assertThat(HopByHop.contains(name)).isFalse();
    }
}

package caffeine.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.bench.server.CaffeineHello;
import caffeine.bench.server.HelloKind;
import caffeine.bench.server.JavaPeer;
import caffeine.server.sharded.ShardedDescription;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;

class HelloSettingsTest {
    private static final HelloKind SHARDED =
            new CaffeineHello(Path.of("caffeine"), new ShardedDescription(), "1");
    private static final HelloKind JETTY =
            new JavaPeer(Path.of("nowhere"), JavaPeer.Peer.JETTY, 256, List.of());

    private final HelloSettings settings = new HelloSettings();

    @Test
    void choosesByNameOrByFamily() {
        assertThat(settings.chosen(SHARDED)).isTrue();
        settings.only = List.of("caffeine", "jetty");
        assertThat(settings.chosen(SHARDED)).isTrue();
        assertThat(settings.chosen(JETTY)).isTrue();
        settings.only = List.of("java");
        assertThat(settings.chosen(SHARDED)).isFalse();
        assertThat(settings.chosen(JETTY)).isTrue();
    }

    @Test
    void refusesWhatIsNotThere() {
        assertThatCode(settings::check).doesNotThrowAnyException();
        settings.only = List.of("iis");
        assertThatThrownBy(settings::check)
                .hasMessageContaining("iis")
                .hasMessageContaining("jetty");
        settings.only = List.of();
        settings.measures = List.of("beauty");
        assertThatThrownBy(settings::check).hasMessageContaining("pipelined");
        settings.measures = List.of();
        settings.connections = List.of(0);
        assertThatThrownBy(settings::check).hasMessageContaining("--connections 0");
    }

    @Test
    void followsAllAsFarAsItCan() {
        Settings all = new Settings();
        all.only = List.of("lighttpd");
        assertThat(HelloSettings.of(all)).isEmpty();
        all.only = List.of("caffeine", "lighttpd");
        all.rounds = 2;
        all.withoutStrace = true;
        HelloSettings own = HelloSettings.of(all).orElseThrow();
        assertThat(own.only).containsExactly("caffeine");
        assertThat(own.rounds).isEqualTo(2);
        assertThat(own.measures(HelloSettings.Measure.CALLS)).isFalse();
        assertThat(own.measures(HelloSettings.Measure.KEPT)).isTrue();
    }

    @Test
    void namesAServerThatIsNotBuilt() {
        assertThat(JETTY.missing()).hasValueSatisfying(why -> assertThat(why).contains("-Ppeers"));
    }
}

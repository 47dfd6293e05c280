package caffeine.server.poll;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** What channels alone do, beside the contract of all pollers. */
class SelectorPollerTest {

    @Test
    void aWaitingClientMakesAListenerReadable() throws IOException {
        try (Poller poller = SelectorPoller.open();
                var listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int[] told = {0};
            ToldSource source = new ToldSource(listener, (readiness, _) -> told[0] = readiness);
            assertThat(poller.add(source, Source.READ | Source.WRITE)).isZero();
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
                poller.poll(-1);
                assertThat(poller.dispatch(0)).isEqualTo(1);
                assertThat(told[0]).isEqualTo(Source.READ);
                try (SocketChannel accepted = listener.accept()) {
                    assertThat(accepted.getRemoteAddress()).isEqualTo(client.getLocalAddress());
                }
            }
        }
    }

    /** Its key is invalid from then on, which is no reason to fail. */
    @Test
    void aChannelMayBeClosedBeforeItIsRemoved() {
        End[] ends = Ends.CHANNELS.sockets();
        try (Poller poller = SelectorPoller.open()) {
            ToldSource source = ends[0].source((_, _) -> {});
            poller.add(source, Source.READ);
            ends[0].close();
            poller.modify(source, Source.WRITE);
            assertThat(poller.poll(0)).isZero();
            poller.remove(source);
            assertThat(source.isRegistered()).isFalse();
        } finally {
            ends[1].close();
        }
    }
}

package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.options.NetworkOptions;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.Until;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetSocketAddress;
import java.net.Socket;

class ListenerTest {

    /** Else the kernel resets clients that --send-timeout would wait for (man 7 tcp). */
    @ParameterizedTest
    @CsvSource({"1, 30000", "30, 30000", "120, 120000", "9000000, 2147483647"})
    void clientsMayBeSilentForAsLongAsTheDeadline(long seconds, int milliseconds) throws Exception {
        try (Listener listener = Listener.open(NetworkOptions.of(LoopBench.anyPort())).getFirst();
                Socket client = new Socket()) {
            listener.allowSilence(seconds * 1_000_000_000L);
            client.connect((InetSocketAddress) listener.address());
            Until.holds("it is accepted", () -> listener.accept() >= 0);
            int fd = listener.client();
            assertThat(Sockets.getOption(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT))
                    .isEqualTo(milliseconds);
            Descriptors.close(fd);
        }
    }
}

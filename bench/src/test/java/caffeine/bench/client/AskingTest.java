package caffeine.bench.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

class AskingTest {
    private final AtomicInteger connections = new AtomicInteger();
    private ServerSocket listener;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    @Test
    void keepsTheConnectionWhereItMay() throws IOException {
        answerWith("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n", false);
        try (Asking asking = asking()) {
            assertThat(asking.ask()).isEqualTo(new Asking.Answer(200, 6));
            assertThat(asking.ask()).isEqualTo(new Asking.Answer(200, 6));
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void readsChunksAndTrailers() throws IOException {
        String chunks = "6;a=b\r\nhello\n\r\n1\r\n.\r\n0\r\nTrailer: x\r\n\r\n";
        answerWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, false);
        try (Asking asking = asking()) {
            assertThat(asking.ask()).isEqualTo(new Asking.Answer(200, 7));
            assertThat(asking.ask()).isEqualTo(new Asking.Answer(200, 7));
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void readsToTheEndAndConnectsAnew() throws IOException {
        answerWith("HTTP/1.1 404 Not Found\r\n\r\nno", true);
        try (Asking asking = asking()) {
            assertThat(asking.ask()).isEqualTo(new Asking.Answer(404, 2));
            assertThat(asking.ask()).isEqualTo(new Asking.Answer(404, 2));
        }
        assertThat(connections).hasValue(2);
    }

    @Test
    void noticesAnAnswerThatIsCutOff() throws IOException {
        answerWith("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhel", true);
        try (Asking asking = asking()) {
            assertThatThrownBy(asking::ask).isInstanceOf(IOException.class);
        }
    }

    private Asking asking() {
        return new Asking(URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/x?y"), true);
    }

    /** Gives every request the same answer. */
    private void answerWith(String answer, boolean close) {
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (true) {
                                try (Socket socket = listener.accept()) {
                                    connections.incrementAndGet();
                                    serve(socket, answer, close);
                                } catch (IOException _) {
                                    return;
                                }
                            }
                        });
    }

    private static void serve(Socket socket, String answer, boolean close) throws IOException {
        BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(
                                socket.getInputStream(), StandardCharsets.ISO_8859_1));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.isEmpty()) {
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                if (close) {
                    return;
                }
            }
        }
    }
}

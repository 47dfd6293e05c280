package caffeine.conformance.calls;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Strace;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How {@code --app echo} answers a client that reads only when it has sent all. The answer waits in
 * blocks of memory, each as large as those before it, and one call sends them as they are. Memory
 * that is copied to grow would be one block.
 */
class EchoCallsTest {

    private static final int CONTENT_BYTES = 8 << 20;

    private static final int SMALL_BUFFER = 4096;

    /** At most what one call can send. */
    private static final int RANGES = 64;

    private static final Pattern RECEIVE = Pattern.compile("recvfrom\\(.*\\) = (\\d+)$");
    private static final Pattern SEND =
            Pattern.compile("send(to|msg)\\(.*?(?:msg_iovlen=(\\d+),.*)?\\) = (\\d+)$");

    @Test
    void whatWasReceivedIsSentFromWhereItLies() throws IOException {
        byte[] content = new byte[CONTENT_BYTES];
        new Random(7).nextBytes(content);
        String head = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: " + content.length;
        byte[] request = (head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        List<String> lines;
        byte[] response;
        try (Server server =
                        Server.with("--engine", "shared", "--threads", "1", "--app", "echo")
                                .options("--port", "0")
                                .patient()
                                .start();
                Socket client = new Socket()) {
            client.setReceiveBufferSize(SMALL_BUFFER);
            client.setSoTimeout((int) Await.PATIENCE.toMillis());
            client.connect(server.address());
            try (Strace strace =
                    Strace.list(server.pid(), "shared-", "recvfrom,sendto,sendmsg,writev")) {
                client.getOutputStream().write(request);
                client.getOutputStream().write(content);
                client.shutdownOutput();
                response = client.getInputStream().readAllBytes();
                lines = strace.lines();
            }
        }
        assertThat(new String(response, 0, 12, StandardCharsets.ISO_8859_1))
                .isEqualTo("HTTP/1.1 200");
        assertThat(Arrays.copyOfRange(response, response.length - content.length, response.length))
                .isEqualTo(content);

        long received = 0;
        long sent = 0;
        List<Integer> ranges = new ArrayList<>();
        for (String line : lines) {
            Matcher receive = RECEIVE.matcher(line);
            Matcher send = SEND.matcher(line);
            if (receive.find()) {
                received += Long.parseLong(receive.group(1));
            } else if (send.find()) {
                sent += Long.parseLong(send.group(3));
                if (send.group(2) != null) {
                    ranges.add(Integer.parseInt(send.group(2)));
                }
            }
        }
        assertThat(received).as("in " + lines).isEqualTo(request.length + content.length);
        assertThat(sent).as("in " + lines).isEqualTo(response.length);
        assertThat(ranges).as("in " + lines).isNotEmpty().anyMatch(count -> count > 1);
        assertThat(ranges).allMatch(count -> count <= RANGES);
    }
}

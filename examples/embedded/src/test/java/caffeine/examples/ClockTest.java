package caffeine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testkit.TestClient;

import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

class ClockTest {

    private static final String TIME = "data: \\d\\d:\\d\\d(:\\d\\d)?";

    @Test
    void sendsTheTimeUntilItIsStopped() {
        Clock clock = new Clock();
        TestClient client = new TestClient(clock.routes());
        client.send("GET /clock HTTP/1.1\r\nHost: test\r\n\r\n");
        StringBuilder received = new StringBuilder();
        client.await(
                "two events",
                () -> received.append(client.received()).toString().split("data: ").length > 2);
        assertThat(received).contains("200 OK", "Content-Type: text/event-stream");
        assertThat(received.toString().lines().filter(line -> line.matches(TIME)))
                .hasSizeGreaterThanOrEqualTo(2);
        clock.stop();
        client.await(
                "the last chunk",
                () -> received.append(client.received()).toString().endsWith("0\r\n\r\n"));
    }

    @Test
    void hasAPageThatShowsIt() {
        TestClient client = new TestClient(new Clock().routes());
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
        assertThat(client.response().text()).contains("new EventSource('/clock')");
    }

    @Test
    void isAProgramThatStopsWithItsStreams() throws Exception {
        try (Program program = Program.start(Clock.class, List.of())) {
            var events =
                    program.client()
                            .send(program.request("/clock").build(), BodyHandlers.ofInputStream());
            var lines =
                    new BufferedReader(
                            new InputStreamReader(events.body(), StandardCharsets.UTF_8));
            assertThat(lines.readLine()).matches(TIME);
            program.stop();
            assertThat(lines.lines()).last().isEqualTo(""); // complete, or else an exception
        }
    }
}

package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients that end, half or whole, in order or with a reset. */
@ExtendWith(NoLeaks.class)
class DepartingClientsTest extends TransportTesting {

    @Test
    void halfwayGetTheAnswersToWhatTheyAsked() {
        Answers answers = use(Answers.later());
        BenchClient client = bench.connect();
        client.send(get("/a") + get("/b")).endOutput();
        bench.until("it is asked", () -> answers.asked.size() == 1);
        assertThat(bench.isQuiet()).as("while the answer is awaited").isTrue();
        answers.asked.get(0).respond("1");
        answers.asked.get(1).respond("2");
        assertThat(client.reply().text()).isEqualTo("1");
        assertThat(client.reply().text()).isEqualTo("2");
        assertThat(client.untilEnd()).isEmpty();
        untilClosed(client);
    }

    @Test
    void inARequestAreClosed() {
        BenchClient client = bench.connect();
        client.send("GET /a HTTP/1.1\r\n").endOutput();
        assertThat(client.untilEnd()).isEmpty();
        untilClosed(client);
        assertThat(bench.events.exchanges).isEmpty();
    }

    @Test
    void silentlyAreClosed() {
        BenchClient client = bench.connect();
        client.close();
        untilClosed(client);
    }

    @Test
    void withAResetWhileTheAnswerIsAwaited() {
        Answers answers = use(Answers.later());
        BenchClient client = bench.connect();
        client.send(get("/a"));
        bench.until("it is asked", () -> answers.asked.size() == 1);
        client.reset();
        untilClosed(client);
        assertThat(answers.asked.getFirst().abandoned).isEqualTo(1);
    }

    @Test
    void withAResetWhileTheirNextRequestsWait() {
        Answers answers = use(Answers.later());
        BenchClient client = bench.connect();
        client.send(get("/a") + get("/b"));
        bench.until("it is asked", () -> answers.asked.size() == 1);
        client.send(get("/c"));
        assertThat(bench.isQuiet()).isTrue();
        client.reset();
        untilClosed(client);
        assertThat(answers.asked.getFirst().abandoned).isEqualTo(1);
    }

    /** What came before the connection was taken up pauses it before it was ever watched. */
    @Test
    void withAResetAfterTwoRequestsAtOnce() {
        Answers answers = use(Answers.later());
        BenchClient client = bench.connectUnserved();
        byte[] both = (get("/a") + get("/b")).getBytes(US_ASCII);
        client.sendSome(both);
        client.serve();
        assertThat(answers.asked).hasSize(1);
        client.reset();
        untilClosed(client);
        assertThat(answers.asked.getFirst().abandoned).isEqualTo(1);
    }

    @Test
    void withAResetInTheMiddleOfTheAnswer() {
        byte[] content = random(4 << 20);
        Answers answers = use(new Answers(asked -> new Stream(asked, content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        client.send(get("/a"));
        bench.until("some has come", () -> client.receiveSome(1000) > 0);
        client.reset();
        untilClosed(client);
        assertThat(answers.asked.getFirst().abandoned).isEqualTo(1);
    }

    @Test
    void withAResetAreNoticedByWriting() {
        Answers answers = use(Answers.later());
        BenchClient client = bench.connect();
        client.send(get("/a"));
        bench.until("it is asked", () -> answers.asked.size() == 1);
        client.reset();
        Exchange exchange = answers.asked.getFirst().exchange;
        exchange.respond(ResponseHead.of(200), 1 << 20);
        for (int i = 0; i < 64; i++) {
            exchange.write(new byte[16 * 1024], 0, 16 * 1024);
        }
        untilClosed(client);
        assertThat(answers.asked.getFirst().abandoned).isEqualTo(1);
    }
}

package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.Arrays;

/** Clients that take their answers slowly, or not at all. */
@ExtendWith(NoLeaks.class)
class SlowReadersTest extends TransportTesting {

    @Test
    void getEveryByteInOrderWhileMemoryStaysBounded() {
        byte[] content = random(8 << 20);
        use(new Answers(asked -> new Stream(asked, content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        client.send(close("/a"));
        int limit = HIGH_WATER_BYTES + Stream.PIECE;
        bench.until(
                "all is received",
                () -> {
                    assertThat(client.transport().unsentBytes()).isLessThan(limit);
                    client.receiveSome(48 * 1024);
                    return client.isOver();
                });
        assertThat(client.isReset()).isFalse();
        assertContent(client, content);
    }

    @Test
    void getWhatWasWrittenAtOnce() {
        byte[] content = random(3 << 20);
        use(new Answers(asked -> asked.respond(content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        client.send(close("/a"));
        bench.until("it is stuck", () -> client.transport().unsentBytes() > 1 << 20);
        client.untilEnd();
        assertContent(client, content);
    }

    private void assertContent(BenchClient client, byte[] content) {
        byte[] received = client.received();
        assertThat(received.length).isGreaterThan(content.length);
        int head = received.length - content.length;
        assertThat(Arrays.equals(received, head, received.length, content, 0, content.length))
                .isTrue();
    }

    @Test
    void whoPipelineWithoutReadingGetAllTheirAnswersInTheEnd() {
        int requests = 3000;
        String content = "x".repeat(1000);
        use(new Answers(asked -> asked.respond(content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        byte[] all = get("/a").repeat(requests).getBytes(US_ASCII);
        int sent = 0;
        for (int quiet = 0; quiet < 3; ) {
            int count = client.sendSome(Arrays.copyOfRange(all, sent, all.length));
            sent += count;
            quiet = count == 0 && bench.isQuiet() ? quiet + 1 : 0;
            assertThat(client.transport().unsentBytes()).isLessThan(HIGH_WATER_BYTES + 2000);
        }
        assertThat(sent).as("the kernel holds the rest").isLessThan(all.length);
        int answered = 0;
        while (answered < requests) {
            sent += client.sendSome(Arrays.copyOfRange(all, sent, all.length));
            assertThat(client.reply().text()).isEqualTo(content);
            answered++;
        }
        assertThat(bench.isQuiet()).isTrue();
    }

    @Test
    void keepTheirConnectionHoweverLongTheyReadTheLastAnswer() {
        byte[] content = random(200_000);
        use(new Answers(asked -> asked.respond(content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        client.send(get("/a"));
        bench.until("it is stuck", () -> client.transport().unsentBytes() > 0 && bench.isQuiet());
        for (int i = 0; i < 20; i++) {
            bench.pass(2.5);
            client.receiveSome(8 * 1024);
            bench.turn();
        }
        assertThat(client.reply().content()).isEqualTo(content);
        bench.pass(4);
        assertThat(client.ask(get("/b")).content()).isEqualTo(content);
        bench.pass(5);
        bench.pass(5);
        client.untilEnd();
    }

    @Test
    void whoTakeNothingAreReset() {
        byte[] content = random(4 << 20);
        Answers answers = use(new Answers(asked -> new Stream(asked, content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        client.send(get("/a"));
        bench.until("it is stuck", () -> client.transport().unsentBytes() > 0 && bench.isQuiet());
        bench.pass(29.9);
        assertThat(client.transport().isClosed()).isFalse();
        client.receiveSome(64 * 1024);
        client.receiveSome(64 * 1024);
        bench.until("more is sent", () -> bench.turn() > 0);
        bench.pass(29.9);
        assertThat(client.transport().isClosed()).as("it took some").isFalse();
        bench.pass(0.2);
        untilClosed(client);
        assertThat(answers.asked.getFirst().abandoned).isEqualTo(1);
        client.untilOver();
        assertThat(client.isReset()).isTrue();
    }

    @Test
    void whoTakeNothingOfTheLastAnswerAreResetToo() {
        byte[] content = random(4 << 20);
        use(new Answers(asked -> asked.respond(content)));
        BenchClient client = bench.connect(SMALL_BUFFER);
        client.send(close("/a"));
        bench.until("it is stuck", () -> client.transport().unsentBytes() > 0 && bench.isQuiet());
        bench.pass(29.9);
        assertThat(client.transport().isClosed()).isFalse();
        bench.pass(0.2);
        untilClosed(client);
    }
}

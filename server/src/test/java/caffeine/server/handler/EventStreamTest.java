package caffeine.server.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import caffeine.server.handler.EventStream.Event;
import caffeine.server.testkit.TestClient;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Server-sent events, WHATWG HTML §9.2. */
class EventStreamTest {

    private static final String ASK = "GET /events HTTP/1.1\r\nHost: a.test\r\n";

    private final BlockingQueue<EventStream> streams = new LinkedBlockingQueue<>();

    private TestClient client(EventFunction function) {
        return new TestClient(Router.create().events("/events", function));
    }

    /** A client of a stream that lasts until the client disconnects. */
    private TestClient connected(String fields) throws InterruptedException {
        TestClient client =
                client(
                        events -> {
                            streams.add(events);
                            events.awaitEnd();
                        });
        client.send(ASK + fields + "\r\n");
        client.await("the head", () -> client.received().contains("\r\n\r\n"));
        return client;
    }

    private EventStream stream() throws InterruptedException {
        EventStream stream = streams.poll(60, TimeUnit.SECONDS);
        assertThat(stream).isNotNull();
        return stream;
    }

    @Test
    void anEventHasIdNameAndLines() {
        TestClient client =
                client(
                        events -> {
                            events.retry(Duration.ofSeconds(2));
                            events.send("one\ntwo\r\nthree\rfour");
                            events.send(Event.of("{}").withName("stock").withId("17"));
                            events.comment("nothing");
                            events.send("");
                        });
        client.send(ASK + "\r\n");
        var response = client.response();
        assertThat(response.field("Content-Type")).isEqualTo("text/event-stream");
        assertThat(response.field("Cache-Control")).isEqualTo("no-store");
        assertThat(response.text())
                .isEqualTo(
                        """
                        retry: 2000

                        data: one
                        data: two
                        data: three
                        data: four

                        id: 17
                        event: stock
                        data: {}

                        : nothing

                        data:\s

                        """);
    }

    @Test
    void aFieldWithALineEndIsRefused() {
        Event event = Event.of("x");
        for (String text : List.of("a\nb", "a\rb", "\n")) {
            assertThatIllegalArgumentException().isThrownBy(() -> event.withId(text));
            assertThatIllegalArgumentException().isThrownBy(() -> event.withName(text));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> event.withId("a\0b"));
    }

    @Test
    void theLastIdComesBack() throws InterruptedException {
        TestClient client = connected("Last-Event-ID: 17\r\n");
        assertThat(stream().lastEventId()).contains("17");
        client.reset();
        TestClient other = connected("");
        assertThat(stream().lastEventId()).isEmpty();
        other.reset();
    }

    /** Longer than any handler may take otherwise. */
    @Test
    void aQuietStreamLivesAndGetsComments() throws Exception {
        TestClient client = connected("");
        EventStream events = stream();
        String before = client.received();
        assertThat(before).doesNotContain(":\n\n");
        for (int i = 1; i <= 20; i++) {
            client.advance(Duration.ofSeconds(15));
            assertThat(client.received().length()).as("comment " + i).isPositive();
        }
        assertThat(events.isOpen()).isTrue();
        events.send("alive");
        client.await("the event", () -> client.received().contains("alive"));
        client.reset();
    }

    @Test
    void theEndOfTheClientIsSeen() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        TestClient client =
                client(
                        events -> {
                            try {
                                while (events.isOpen()) {
                                    events.send("tick");
                                    Thread.sleep(1);
                                }
                            } finally {
                                ended.countDown();
                            }
                        });
        client.send(ASK + "\r\n");
        client.await("an event", () -> client.received().contains("tick"));
        client.reset();
        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(client.mistakes()).isEmpty();
    }

    @Test
    void aSlowClientMakesTheHandlerWait() throws InterruptedException {
        AtomicInteger sent = new AtomicInteger();
        TestClient client =
                client(
                        events -> {
                            for (int i = 0; i < 2000; i++) {
                                events.send("x".repeat(1000));
                                sent.incrementAndGet();
                            }
                        });
        client.pauseReading();
        client.send(ASK + "\r\n");
        client.await("some", () -> sent.get() > 100);
        int before;
        do {
            before = sent.get();
            Thread.sleep(50);
            client.await("time", () -> true);
        } while (sent.get() != before);
        assertThat(before).isLessThan(600);
        client.resumeReading();
        assertThat(client.response().text()).hasSize(2000 * 1008);
    }

    @Test
    void anyThreadMaySend() throws Exception {
        TestClient client = connected("");
        EventStream events = stream();
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            String name = "t" + t;
            threads[t] =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int i = 0; i < 100; i++) {
                                            try {
                                                events.send(name + "-" + i);
                                            } catch (IOException e) {
                                                throw new java.io.UncheckedIOException(e);
                                            }
                                        }
                                    });
        }
        StringBuilder all = new StringBuilder();
        client.await(
                "all events",
                () -> {
                    all.append(client.received());
                    return all.toString().split("\n\n", -1).length > 400;
                });
        for (String event : List.of("data: t0-0\n\n", "data: t3-99\n\n", "data: t2-50\n\n")) {
            assertThat(all.toString()).contains(event);
        }
        client.reset();
    }

    @Test
    void aFailureIsLoggedAndNeverLooksWhole() {
        TestClient client =
                client(
                        _ -> {
                            throw new IllegalStateException("meant to happen");
                        });
        client.send(ASK + "\r\n");
        StringBuilder received = new StringBuilder();
        client.await(
                "the failure",
                () -> {
                    received.append(client.received());
                    return client.isReset() || received.toString().startsWith("HTTP/1.1 500");
                });
        assertThat(client.mistakes()).hasSize(1);
    }
}

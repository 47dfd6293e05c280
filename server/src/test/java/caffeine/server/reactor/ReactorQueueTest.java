package caffeine.server.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.core.Handler;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineSetup;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** The queue between the loop and the pool when it is full. */
@ExtendWith(NoLeaks.class)
class ReactorQueueTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

    /** More than the queue of one thread holds. */
    private static final int CLIENTS = 3 * ReactorPool.QUEUED_PER_THREAD;

    private final CountDownLatch released = new CountDownLatch(1);
    private final AtomicInteger begun = new AtomicInteger();
    private final List<WireClient> clients = new ArrayList<>();

    private Engine start() throws Exception {
        Handler hello = Handlers.always(Response.text("hello"));
        Handler blocks =
                exchange -> {
                    begun.incrementAndGet();
                    awaitUninterrupted(released);
                    return hello.begin(exchange);
                };
        return new ReactorEngine(EngineSetup.inProgram(TestOptions.defaults(), 1, blocks));
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** In epoll_wait it would be RUNNABLE. */
    private static boolean waitsForRoom() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(
                        thread ->
                                thread.getName().equals("reactor")
                                        && thread.getState() == Thread.State.WAITING);
    }

    private void fill(InetSocketAddress address) throws Exception {
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new WireClient(address).send(REQUEST));
        }
        Until.holds("the loop waits for room", ReactorQueueTest::waitsForRoom);
        assertThat(begun).hasValue(1);
    }

    @Test
    void theLoopTakesNoMoreEventsAndNothingIsLost() throws Exception {
        Engine engine = start();
        try {
            fill((InetSocketAddress) engine.start(_ -> {}).getFirst());
            released.countDown();
            for (WireClient client : clients) {
                assertThat(client.reply().status()).isEqualTo(200);
            }
            for (WireClient client : clients) {
                assertThat(client.ask(REQUEST).status()).isEqualTo(200);
            }
        } finally {
            released.countDown();
            clients.forEach(WireClient::close);
            engine.stop();
            engine.awaitEnd();
        }
        assertThat(engine.failure()).isNull();
        assertThat(begun).hasValue(2 * CLIENTS);
    }

    /** Clients in the queue, in the kernel, and those that were not accepted yet. */
    @Test
    void aStopThatComesMeanwhileAnswersAll() throws Exception {
        Engine engine = start();
        try {
            fill((InetSocketAddress) engine.start(_ -> {}).getFirst());
            engine.stop();
            released.countDown();
            for (WireClient client : clients) {
                assertThat(client.reply().status()).isEqualTo(200);
            }
        } finally {
            released.countDown();
            engine.stop();
            engine.awaitEnd();
            clients.forEach(WireClient::close);
        }
        assertThat(engine.failure()).isNull();
        assertThat(begun).hasValue(CLIENTS);
    }
}

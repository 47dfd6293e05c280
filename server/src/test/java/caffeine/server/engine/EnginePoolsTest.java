package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.engines.Engines;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Engines whose threads all serve any connection: one at a time is in it. */
@ExtendWith(NoLeaks.class)
class EnginePoolsTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    private static final int CLIENTS = 64;
    private static final int REQUESTS = Boolean.getBoolean("caffeine.full") ? 10_000 : 500;
    private static final int PIPELINED = 20;

    private static Stream<EngineDescription> pools() {
        return Engines.ALL.stream()
                .filter(each -> List.of("reactor", "shared").contains(each.name()));
    }

    private interface Visit {
        void to(InetSocketAddress server) throws Exception;
    }

    private static void whileServing(
            EngineDescription description, int threads, Handler handler, Visit visit)
            throws Exception {
        Engine engine =
                description.make(EngineSetup.inProgram(TestOptions.defaults(), threads, handler));
        InetSocketAddress address = (InetSocketAddress) engine.start(_ -> {}).getFirst();
        try {
            visit.to(address);
        } finally {
            engine.stop();
            engine.awaitEnd();
        }
        assertThat(engine.failure()).isNull();
    }

    /** Asserts ownership in each request; answers with the number of the request. */
    private static final class Guarded implements Handler {
        private final Map<String, AtomicInteger> inside = new ConcurrentHashMap<>();
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        private final AtomicInteger collisions = new AtomicInteger();
        private final Handler hello = Handlers.always(Response.text("hello"));

        @Override
        public ExchangeListener begin(Exchange exchange) {
            String connection = exchange.request().fields().first("Connection-Number");
            AtomicInteger here =
                    inside.computeIfAbsent(String.valueOf(connection), _ -> new AtomicInteger());
            if (here.incrementAndGet() != 1) {
                collisions.incrementAndGet();
            }
            threads.add(Thread.currentThread());
            try {
                Thread.onSpinWait(); // another thread has its chance
                return hello.begin(exchange);
            } finally {
                here.decrementAndGet();
            }
        }
    }

    /**
     * The transport asserts it, too, at each system call: a failure there resets the connection.
     * Pipelined, so that input comes while a thread is in the connection.
     */
    @ParameterizedTest
    @MethodSource("pools")
    void oneThreadAtATimeIsInAConnection(EngineDescription engine) throws Exception {
        Guarded handler = new Guarded();
        whileServing(
                engine,
                16,
                handler,
                address -> {
                    List<WireClient> clients = new ArrayList<>();
                    for (int i = 0; i < CLIENTS; i++) {
                        clients.add(new WireClient(address));
                    }
                    for (int sent = 0; sent < REQUESTS; sent += PIPELINED) {
                        for (int i = 0; i < CLIENTS; i++) {
                            String request =
                                    "GET / HTTP/1.1\r\nHost: a.test\r\nConnection-Number: "
                                            + i
                                            + "\r\n\r\n";
                            for (int j = 0; j < PIPELINED; j += 4) {
                                clients.get(i).send(request.repeat(4));
                            }
                        }
                        for (WireClient client : clients) {
                            for (int j = 0; j < PIPELINED; j++) {
                                assertThat(client.reply().status()).isEqualTo(200);
                            }
                        }
                    }
                    clients.forEach(WireClient::close);
                });
        assertThat(handler.collisions).hasValue(0);
        assertThat(handler.inside).hasSize(CLIENTS);
        assertThat(handler.threads).hasSizeGreaterThan(1);
    }

    /**
     * All clients are connected before, so that some of their events come with the blocking one.
     */
    @ParameterizedTest
    @MethodSource("pools")
    void aHandlerThatBlocksHoldsUpNoOtherClient(EngineDescription engine) throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        Handler hello = Handlers.always(Response.text("hello"));
        Handler handler =
                exchange -> {
                    if (exchange.request().target().rawPath().equals("/block")) {
                        blocked.countDown();
                        awaitUninterrupted(released);
                    }
                    return hello.begin(exchange);
                };
        whileServing(
                engine,
                2,
                handler,
                address -> {
                    List<WireClient> clients = new ArrayList<>();
                    for (int i = 0; i < CLIENTS; i++) {
                        clients.add(new WireClient(address));
                    }
                    WireClient first = clients.removeFirst();
                    first.send("GET /block HTTP/1.1\r\nHost: a.test\r\n\r\n");
                    clients.forEach(client -> client.send(REQUEST));
                    for (WireClient client : clients) {
                        assertThat(client.reply().status()).isEqualTo(200);
                    }
                    blocked.await();
                    for (WireClient client : clients) {
                        assertThat(client.ask(REQUEST).status()).isEqualTo(200);
                    }
                    released.countDown();
                    assertThat(first.reply().status()).isEqualTo(200);
                    clients.forEach(WireClient::close);
                    first.close();
                });
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}

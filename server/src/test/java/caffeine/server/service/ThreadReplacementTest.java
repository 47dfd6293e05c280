package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.core.ClientAddress;
import caffeine.server.core.Handler;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;
import caffeine.server.sharded.ShardedDescription;
import caffeine.server.socket.Listener;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A loop that its poller ends, for no fault of a client. */
@ExtendWith(NoLeaks.class)
class ThreadReplacementTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

    /** Pollers of threads, in the order in which they were made. */
    private final List<FailingPoller> pollers = Collections.synchronizedList(new ArrayList<>());

    private final AtomicInteger fromBirth = new AtomicInteger();

    /** The kernel's, which fails for good when it is told to. */
    private static final class FailingPoller implements Poller {
        private final Poller kernels = EpollPoller.open();
        private volatile boolean fails;

        void fail() {
            fails = true;
            kernels.wakeup();
        }

        @Override
        public int add(Source source, int interest) {
            return kernels.add(source, interest);
        }

        @Override
        public void modify(Source source, int interest) {
            kernels.modify(source, interest);
        }

        @Override
        public void remove(Source source) {
            kernels.remove(source);
        }

        @Override
        public void forget(Source source) {
            kernels.forget(source);
        }

        @Override
        public int poll(long timeoutNs) {
            int ready = kernels.poll(timeoutNs);
            if (fails) {
                throw new IllegalStateException("meant to happen");
            }
            return ready;
        }

        @Override
        public int dispatch(long nowNs) {
            return kernels.dispatch(nowNs);
        }

        @Override
        public void renew() {}

        @Override
        public void wakeup() {
            kernels.wakeup();
        }

        @Override
        public void close() {
            kernels.close();
        }
    }

    /** Threads with such pollers. */
    private final class Engine extends ThreadedEngine<Listener> {

        Engine(ServerOptions options, boolean ownListeners) {
            super(
                    new ShardedDescription(),
                    EngineSetup.inProgram(options, 2, hello()),
                    "test",
                    EpollPoller::open,
                    count -> Listener.openGroups(options.network(), count),
                    ownListeners);
        }

        @Override
        protected ServingThread<Listener> thread(ServingThread.Setup setup) {
            FailingPoller poller = new FailingPoller();
            poller.fails = fromBirth.get() > 0;
            pollers.add(poller);
            return new ServingThread<>(setup, poller) {
                @Override
                public void take(Listener listener) {
                    int fd = listener.client();
                    ClientAddress from = listener.clientAddress();
                    came();
                    boolean _ = execute(() -> clients().serve(fd, from));
                }
            };
        }
    }

    private static Handler hello() {
        return Handlers.always(Response.text("hello"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherTakesItsPlaceAndItsListeners(boolean ownListeners)
            throws StartException, InterruptedException {
        Engine engine = new Engine(TestOptions.defaults(), ownListeners);
        InetSocketAddress address = (InetSocketAddress) engine.start().getFirst();
        pollers.getFirst().fail();
        Until.holds("there is another", () -> pollers.size() == 3);
        for (int i = 0; i < 32; i++) { // both threads get some of them
            try (WireClient client = new WireClient(address)) {
                assertThat(client.ask(REQUEST).text()).isEqualTo("hello");
            }
        }
        assertThat(engine.failure()).isNull();
        engine.stop();
        engine.awaitEnd();
        assertThat(engine.failure()).isNull();
    }

    @Test
    void theServerEndsWhenTheOtherDiesToo() throws StartException, InterruptedException {
        Engine engine = new Engine(TestOptions.defaults(), true);
        engine.start();
        fromBirth.set(1);
        pollers.getFirst().fail();
        engine.awaitEnd();
        assertThat(engine.failure()).hasMessage("meant to happen");
        assertThat(pollers).hasSize(3);
    }
}

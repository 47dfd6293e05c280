package caffeine.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.NetworkOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Poller;
import caffeine.server.poll.Source;
import caffeine.server.socket.Listener;
import caffeine.server.testing.LoopBench;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

@ExtendWith(NoLeaks.class)
class AcceptorTest {

    private final ManualClock clock = new ManualClock();
    private final Reserve reserve = new Reserve();
    private final EventLoop loop = new EventLoop(new RefusingPoller(EpollPoller.open()), clock);
    private final List<Listener> listeners;
    private final Listener listener;
    private final long begunNs = clock.nanoTime();
    private boolean refusesToWatch;
    private final Places places = new Places();
    private final List<SocketChannel> clients = new ArrayList<>();
    private @Nullable Acceptor<Listener> started;

    AcceptorTest() throws StartException {
        listeners =
                Listener.open(
                        NetworkOptions.of(
                                LoopBench.anyPort(),
                                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0)));
        listener = listeners.getFirst();
    }

    /** A poller for which the kernel has no room, if the test says so. */
    private final class RefusingPoller implements Poller {
        private final Poller kernels;

        RefusingPoller(Poller kernels) {
            this.kernels = kernels;
        }

        @Override
        public int add(Source source, int interest) {
            return refusesToWatch ? -Errno.ENOSPC : kernels.add(source, interest);
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
            return kernels.poll(timeoutNs);
        }

        @Override
        public int dispatch(long nowNs) {
            return kernels.dispatch(nowNs);
        }

        @Override
        public void renew() {
            kernels.renew();
        }

        @Override
        public void wakeup() {
            kernels.wakeup();
        }

        @Override
        public void close() {
            kernels.close();
        }
    }

    /** ConnectionLimit for some clients. */
    private static final class Places implements Acceptor.Taker<Listener> {
        int free = 1_000;
        int reserved;
        final List<Integer> taken = new ArrayList<>();
        final List<Integer> ports = new ArrayList<>();

        @Override
        public boolean reserve() {
            if (free == 0) {
                return false;
            }
            free--;
            reserved++;
            return true;
        }

        @Override
        public void cancel() {
            free++;
            reserved--;
        }

        @Override
        public void take(Listener from) {
            taken.add(from.client());
            ports.add(from.clientAddress().port());
        }
    }

    @AfterEach
    void close() throws IOException {
        if (started != null) {
            started.close();
        }
        reserve.close();
        loop.close();
        places.taken.forEach(Descriptors::close);
        for (SocketChannel client : clients) {
            client.close();
        }
    }

    private Acceptor<Listener> start(@Nullable Predicate<InetAddress> admits) {
        Log quiet = Log.toStandardError("test", LogLevel.ERROR);
        Acceptor<Listener> acceptor =
                new Acceptor<>(loop, quiet, listeners, places, reserve, admits);
        started = acceptor;
        acceptor.start();
        return acceptor;
    }

    private SocketChannel connect() throws IOException {
        return connect(listener);
    }

    private SocketChannel connect(Listener to) throws IOException {
        SocketChannel client = SocketChannel.open(to.address());
        clients.add(client);
        return client;
    }

    /** Turns until nothing is ready. */
    private void turns() {
        int done;
        do {
            done = loop.doWork(0);
        } while (done > 0);
    }

    @Test
    void takesEveryClientWithItsAddress() throws IOException {
        start(null);
        SocketChannel first = connect();
        SocketChannel second = connect();
        turns();
        assertThat(places.taken).hasSize(2);
        assertThat(places.ports)
                .containsExactly(first.socket().getLocalPort(), second.socket().getLocalPort());
        assertThat(places.reserved).isEqualTo(2);
    }

    /** As the kernel does above /proc/sys/fs/epoll/max_user_watches, or without memory. */
    @Test
    void watchesTheListenerAsSoonAsTheKernelHasRoomForThat() throws IOException {
        refusesToWatch = true;
        start(null);
        connect();
        turns();
        assertThat(places.taken).isEmpty();
        clock.advance(100_000_000);
        turns();
        assertThat(places.taken).as("looked at without being watched").hasSize(1);
        refusesToWatch = false;
        clock.advance(100_000_000);
        turns();
        connect();
        turns();
        assertThat(places.taken).as("watched").hasSize(2);
    }

    /** What could not be handed on is closed, and its place is free again. */
    @Test
    void aMistakeInAcceptingCostsThatClientAlone() throws IOException {
        start(
                _ -> {
                    if (places.taken.isEmpty() && clock.nanoTime() == begunNs) {
                        throw new StackOverflowError("meant to happen");
                    }
                    return true;
                });
        SocketChannel first = connect();
        turns();
        assertThat(first.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(places.reserved).isZero();
        connect();
        clock.advance(100_000_000);
        turns();
        assertThat(places.taken).hasSize(1);
    }

    @Test
    void doesNotLookAtTheListenerWithoutRoom() throws IOException {
        Acceptor<Listener> acceptor = start(null);
        places.free = 1;
        connect();
        connect();
        turns();
        assertThat(places.taken).hasSize(1);
        assertThat(loop.doWork(0)).as("nothing is ready for who is not looking").isZero();
        places.free = 1;
        acceptor.resume();
        turns();
        assertThat(places.taken).hasSize(2);
    }

    /** Whichever listener the kernel names first, and however many each may take in a turn. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void listenersTakeTurnsWhereThereIsRoomForFew(int room) throws IOException {
        places.free = 0;
        Acceptor<Listener> acceptor = start(null);
        for (int i = 0; i < 30; i++) {
            connect(listeners.getFirst());
            connect(listeners.getLast());
        }
        turns();
        for (int i = 0; i < 10; i++) {
            places.free = room;
            acceptor.resume();
            turns();
            assertThat(places.free).isZero();
        }
        assertThat(places.taken).hasSize(10 * room);
        for (Listener each : listeners) {
            assertThat(places.taken.stream().filter(fd -> isAt(each, fd)).count())
                    .as("clients of %s", each.address())
                    .isGreaterThanOrEqualTo(10L * room / 4);
        }
    }

    private static boolean isAt(Listener listener, int client) {
        return listener.address().equals(Sockets.localAddress(client));
    }

    /** A mistake at one listener is a pause for all, and then both are looked at. */
    @Test
    void listenersBackOffTogether() throws IOException {
        Acceptor<Listener> acceptor = start(null);
        connect(listeners.getFirst());
        connect(listeners.getLast());
        acceptor.backOff();
        assertThat(loop.doWork(0)).as("neither is looked at").isZero();
        assertThat(places.taken).isEmpty();
        clock.advanceSeconds(0.1);
        turns();
        assertThat(places.taken).hasSize(2);
    }

    @Test
    void takesOnOneMoreListener() throws Exception {
        Acceptor<Listener> acceptor = start(null);
        Listener more = Listener.open(NetworkOptions.of(LoopBench.anyPort())).getFirst();
        acceptor.add(more);
        connect(more);
        turns();
        assertThat(places.taken).hasSize(1);
        assertThat(acceptor.detach()).containsExactly(listener, listeners.getLast(), more);
        listener.close();
        listeners.getLast().close();
        more.close();
    }

    @Test
    void leavesWhoWaitsToTheNextOne() throws IOException {
        Acceptor<Listener> first = start(null);
        first.detach();
        connect();
        turns();
        assertThat(places.taken).isEmpty();
        first.resume();
        first.close();
        start(null);
        turns();
        assertThat(places.taken).hasSize(1);
    }

    @Test
    void waitsAMomentWhenItBacksOff() throws IOException {
        Acceptor<Listener> acceptor = start(null);
        connect();
        acceptor.backOff();
        acceptor.resume();
        assertThat(loop.doWork(0)).isZero();
        assertThat(places.taken).isEmpty();
        clock.advanceSeconds(0.1);
        turns();
        assertThat(places.taken).hasSize(1);
    }

    @Test
    void refusesWhoMayNotConnect() throws IOException {
        start(address -> !address.isLoopbackAddress());
        SocketChannel client = connect();
        turns();
        assertThat(places.taken).isEmpty();
        assertThat(places.reserved).isZero();
        ByteBuffer answer = ByteBuffer.allocate(4096);
        client.read(answer);
        assertThat(StandardCharsets.US_ASCII.decode(answer.flip()).toString())
                .startsWith("HTTP/1.1 503 ");
    }

    @Test
    void takesWhoHasConnectedBeforeItStops() throws IOException {
        Acceptor<Listener> acceptor = start(null);
        for (int i = 0; i < 100; i++) { // more than one turn takes
            connect();
        }
        acceptor.stop();
        assertThat(places.taken).hasSize(100);
        assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    }

    @Test
    void takesNobodyWithoutRoomWhenItStops() throws IOException {
        Acceptor<Listener> acceptor = start(null);
        places.free = 1;
        connect();
        SocketChannel second = connect();
        acceptor.stop();
        assertThat(places.taken).hasSize(1);
        assertThatThrownBy(() -> second.read(ByteBuffer.allocate(1)))
                .isInstanceOf(IOException.class);
    }
}

package caffeine.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ConnectionContext;
import caffeine.server.core.Handler;
import caffeine.server.core.Http1;
import caffeine.server.engine.StartException;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.socket.Listener;
import caffeine.server.socket.SocketContext;
import caffeine.server.socket.SocketTransport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * A server's loop in the hands of a test: real sockets, but no thread and no time of its own. Turns
 * are taken while a test waits for something.
 */
public final class LoopBench implements AutoCloseable {

    private static final long TURN_NS = 5_000_000;

    public final ManualClock clock = new ManualClock();
    public final RecordedEvents events = new RecordedEvents();
    public final EventLoop loop = new EventLoop(EpollPoller.open(), clock);
    public final ConnectionContext connections;

    /** Called at the end of each turn, before what the turn sends goes out. */
    public Runnable beforeFlush = () -> {};

    private final SocketContext sockets;
    private final Listener listener;
    private final List<SocketTransport> open = new ArrayList<>();
    private final List<BenchClient> clients = new ArrayList<>();

    /** Sizes of the kernel's buffers for both sides of the next connections; 0: its own choice. */
    private int bufferBytes;

    /**
     * @param handler makes what answers, on this bench
     */
    public LoopBench(ServerOptions options, Function<LoopBench, Handler> handler) {
        try {
            this.listener = Listener.open(options.network()).getFirst();
        } catch (StartException e) {
            throw new AssertionError(e);
        }
        this.connections =
                new ConnectionContext(
                        options.limits(),
                        options.deadlines(),
                        handler.apply(this),
                        events,
                        loop::nowNs,
                        clock::epochMillis);
        loop.onTurnEnd(() -> beforeFlush.run());
        this.sockets =
                new SocketContext(
                        loop,
                        options.withBind(listener.address()),
                        (transport, nowNs) -> new Http1(connections, transport, nowNs),
                        SocketContext.unsentPool(),
                        open::remove);
    }

    public static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** Connects with kernel buffers of this size on both sides. */
    public BenchClient connect(int withBufferBytes) {
        bufferBytes = withBufferBytes;
        BenchClient client = connect();
        bufferBytes = 0;
        return client;
    }

    /** A client that is connected, and on the server's side taken up by the loop. */
    public BenchClient connect() {
        BenchClient client = connectUnserved();
        client.serve();
        return client;
    }

    /** A client that is connected, but of which the loop does not know yet. */
    public BenchClient connectUnserved() {
        try {
            SocketChannel channel = SocketChannel.open();
            if (bufferBytes > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, bufferBytes);
                channel.setOption(StandardSocketOptions.SO_SNDBUF, bufferBytes);
            }
            channel.connect(listener.address());
            channel.configureBlocking(false);
            int fd = listener.accept();
            assertThat(fd).isNotNegative();
            if (bufferBytes > 0) {
                limit(fd, Sockets.SO_SNDBUF);
                limit(fd, Sockets.SO_RCVBUF);
            }
            BenchClient client = new BenchClient(this, channel, fd);
            clients.add(client);
            return client;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void limit(int fd, int buffer) {
        assertThat(Sockets.setOption(fd, Sockets.SOL_SOCKET, buffer, bufferBytes)).isZero();
    }

    SocketTransport serve(int fd, InetSocketAddress peer) {
        ClientAddress address = new ClientAddress(peer);
        SocketTransport transport = new SocketTransport(fd, address, sockets);
        transport.open();
        if (!transport.isClosed()) {
            open.add(transport);
        }
        return transport;
    }

    /** How many connections the loop has. */
    public int connected() {
        return open.size();
    }

    public int port() {
        return listener.port();
    }

    /** One turn that does not wait. */
    public int turn() {
        return loop.doWork(0);
    }

    /** Turns until something is so. Turns in vain take the time that they waited. */
    public void until(String what, BooleanSupplier isSo) {
        long start = System.nanoTime();
        while (!isSo.getAsBoolean()) {
            if (loop.doWork(TURN_NS) == 0) {
                clock.advance(TURN_NS);
            }
            if (System.nanoTime() - start > Until.PATIENCE_NS) {
                throw new AssertionError("waited in vain until " + what + "\n" + this);
            }
        }
    }

    /** Lets time pass, and what is due happen. */
    public void pass(double seconds) {
        clock.advanceSeconds(seconds);
        turn();
    }

    /** Whether the loop has nothing to do: if not, it would spin. */
    public boolean isQuiet() {
        turn(); // a source may still tell the poller that it waits for less
        return turn() == 0;
    }

    @Override
    public String toString() {
        return "connections: "
                + open.size()
                + "\nexchanges: "
                + events.exchanges
                + "\nfailures: "
                + events.failures
                + "\nmistakes: "
                + events.mistakes;
    }

    /** Ends all connections. */
    public void disconnect() {
        clients.forEach(BenchClient::close);
        for (SocketTransport transport : new ArrayList<>(open)) {
            transport.protocol().reset();
            transport.reset();
        }
    }

    @Override
    public void close() {
        disconnect();
        for (BenchClient client : clients) {
            if (client.unservedFd() >= 0) {
                Descriptors.close(client.unservedFd());
            }
        }
        listener.close();
        loop.close();
    }
}

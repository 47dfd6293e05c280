package caffeine.server.testing;

import caffeine.server.socket.SocketTransport;

import org.jspecify.annotations.Nullable;

import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;

/** A client of a {@link LoopBench}, which takes turns while the client waits. */
public final class BenchClient extends WireClient {

    private final LoopBench bench;
    private int unservedFd;
    private @Nullable SocketTransport transport;

    BenchClient(LoopBench bench, SocketChannel channel, int serverFd) {
        super(channel);
        this.bench = bench;
        this.unservedFd = serverFd;
    }

    @Override
    void until(String condition, BooleanSupplier holds) {
        bench.until(condition, holds);
    }

    @Override
    public BenchClient send(String text) {
        super.send(text);
        return this;
    }

    int unservedFd() {
        return unservedFd;
    }

    /** Lets the loop take up the server's side. */
    public void serve() {
        int fd = unservedFd;
        unservedFd = -1;
        transport = bench.serve(fd, address());
    }

    /** The server's side. */
    public SocketTransport transport() {
        SocketTransport known = transport;
        if (known == null) {
            throw new AssertionError("the loop does not serve this client yet");
        }
        return known;
    }

    /** It stays open at its side: the bench closes it. */
    @Override
    public String untilOver() {
        return awaitEnd();
    }
}

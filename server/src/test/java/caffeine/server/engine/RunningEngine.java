package caffeine.server.engine;

import caffeine.os.Processes;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;

/** An engine that a test has started, and ends. */
final class RunningEngine implements AutoCloseable {

    private final Engine engine;
    private final List<SocketAddress> addresses;
    private final InetSocketAddress address;

    RunningEngine(Engine engine) {
        this.engine = engine;
        try {
            this.addresses = engine.start();
            this.address = (InetSocketAddress) addresses.getFirst();
        } catch (StartException e) {
            throw new AssertionError(e);
        }
    }

    Engine engine() {
        return engine;
    }

    List<SocketAddress> addresses() {
        return addresses;
    }

    InetSocketAddress address() {
        return address;
    }

    WireClient connect() {
        return new WireClient(address);
    }

    /** One whose kernel buffers hold little of what it does not read. */
    WireClient connectWithBuffers(int bytes) {
        return new WireClient(address, bytes);
    }

    void stop() {
        engine.stop();
    }

    void awaitRefusal() {
        Until.holds("nobody is let in", () -> !accepts());
    }

    private boolean accepts() {
        try (Socket client = new Socket()) {
            client.connect(address);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    void awaitEnd() {
        Thread waiter = Thread.ofPlatform().start(this::await);
        try {
            if (!waiter.join(Duration.ofNanos(Until.PATIENCE_NS))) {
                throw new AssertionError("the engine has not ended");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void await() {
        try {
            engine.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it at once. */
    @Override
    public void close() {
        engine.stop();
        engine.stop();
        awaitEnd();
        Processes.setChildSubreaper(false);
    }
}

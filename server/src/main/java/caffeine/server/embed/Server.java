package caffeine.server.embed;

import caffeine.http.IpAddress;
import caffeine.server.core.Handler;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.RequestFunction;
import caffeine.server.options.ServerOptions;
import caffeine.server.sharded.ShardedDescription;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A running server in your program:
 *
 * <pre>{@code
 * Server server = Server.start(8080, request -> Response.text("Hello, " + request.path() + "\n"));
 * ...
 * server.close();
 * }</pre>
 *
 * <p>Its engine is {@code sharded} with a thread for each processor, unless an {@link Engine} is
 * given. The threads keep the process alive until the server is stopped. It installs no signal
 * handler, leaves the process's limits and children alone, and writes to no stream but standard
 * error, where its log goes ({@link ServerOptions#logLevel}).
 *
 * <p>The JVM must allow native calls of this module: {@code --enable-native-access=caffeine.os}.
 * Thread-safe.
 */
public final class Server implements AutoCloseable {

    private final Engine engine;
    private final List<SocketAddress> addresses;
    private final AtomicBoolean stopping = new AtomicBoolean();

    private Server(Engine engine, List<SocketAddress> addresses) {
        this.engine = engine;
        this.addresses = addresses;
    }

    /**
     * Starts a server for this machine alone, at 127.0.0.1, with a function that never blocks; see
     * {@link #startWith} for others.
     *
     * @param port 0 lets the kernel pick one, see {@link #port}
     * @throws StartException when it cannot, such as for a port that is taken
     */
    public static Server start(int port, RequestFunction function) throws StartException {
        return start(ServerOptions.onPort(port), function);
    }

    /**
     * Starts a server with a function that never blocks.
     *
     * @throws StartException when it cannot
     */
    public static Server start(ServerOptions options, RequestFunction function)
            throws StartException {
        return startWith(options, Handlers.of(function));
    }

    /**
     * Starts a server with any handler; {@link Handlers} makes those that may block, or stream. It
     * is called by many threads at the same time.
     *
     * @param options their app and scripts are ignored
     * @throws StartException when it cannot
     */
    public static Server startWith(ServerOptions options, Handler handler) throws StartException {
        int threads = Runtime.getRuntime().availableProcessors();
        EngineSetup setup = EngineSetup.inProgram(options, threads, handler);
        return start(new ShardedDescription().make(setup));
    }

    /**
     * Starts an engine of your choice:
     *
     * <pre>{@code
     * Server.start(new VirtualDescription().make(EngineSetup.inProgram(options, 4, handler)));
     * }</pre>
     *
     * @throws StartException when it cannot
     */
    public static Server start(Engine engine) throws StartException {
        return new Server(engine, engine.start());
    }

    /** Where it listens, with the port that the kernel picked; the first of several addresses. */
    public SocketAddress address() {
        return addresses.getFirst();
    }

    /**
     * All addresses where it listens, in the order of {@link
     * caffeine.server.options.NetworkOptions#addresses}.
     */
    public List<SocketAddress> addresses() {
        return addresses;
    }

    /** The TCP port of {@link #address}; 0 for a Unix-domain socket. */
    public int port() {
        return address() instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    /**
     * {@link #address} for a client: {@code http://127.0.0.1:8080}; {@code unix:} and the path of a
     * socket.
     */
    public String url() {
        if (!(address() instanceof InetSocketAddress inet)) {
            return "unix:" + address();
        }
        return "http://" + IpAddress.host(inet.getAddress().getAddress()) + ":" + inet.getPort();
    }

    /**
     * Drains: takes no more clients, and gives requests in progress {@code Deadlines.graceNs} to
     * finish. Returns at once. A second call ends them at once.
     */
    public void stop() {
        stopping.set(true);
        engine.stop();
    }

    /** Waits until it has ended: because it was stopped, or by itself ({@link #failure}). */
    public void awaitEnd() throws InterruptedException {
        engine.awaitEnd();
    }

    /**
     * Why it has ended by itself, as in the log; empty while it runs, and when it was stopped:
     *
     * <pre>{@code
     * server.awaitEnd();
     * server.failure().ifPresent(why -> System.exit(1));
     * }</pre>
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(engine.failure());
    }

    /**
     * Stops and waits until it has ended. When this thread is interrupted meanwhile, requests in
     * progress end at once. Not to be called by one of its own handlers, which it would wait for.
     */
    @Override
    public void close() {
        if (!stopping.getAndSet(true)) {
            engine.stop();
        }
        boolean interrupted = false;
        while (true) {
            try {
                engine.awaitEnd();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
                engine.stop();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

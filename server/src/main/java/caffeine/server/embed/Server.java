package caffeine.server.embed;

import caffeine.http.IpAddress;
import caffeine.server.core.Handler;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.engines.Engines;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.RequestFunction;
import caffeine.server.handler.Router;
import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.FileOptions;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.sharded.ShardedDescription;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * A running server in your program:
 *
 * <pre>{@code
 * Server server = Server.start(8080, request -> Response.text("Hello, " + request.path() + "\n"));
 * ...
 * server.close();
 * }</pre>
 *
 * <p>A {@link Builder} sets everything else:
 *
 * <pre>{@code
 * try (Server server = Server.builder().port(8080).routes(router).start()) {
 *     server.awaitEnd();
 * }
 * }</pre>
 *
 * <p>Its engine is {@code sharded} with a thread for each processor, unless another is given. The
 * threads keep the process alive until the server is stopped. It installs no signal handler, leaves
 * the process's limits and children alone, and writes to no stream but standard error, where its
 * log goes ({@link ServerOptions#logLevel}).
 *
 * <p>The JVM must allow native calls of this module: {@code --enable-native-access=caffeine.os}.
 * Thread-safe.
 */
public final class Server implements AutoCloseable {

    private final Engine engine;
    private final List<SocketAddress> addresses;
    private final List<Runnable> beforeClose;
    private final AtomicBoolean stopping = new AtomicBoolean();

    private Server(Engine engine, List<SocketAddress> addresses, List<Runnable> beforeClose) {
        this.engine = engine;
        this.addresses = addresses;
        this.beforeClose = beforeClose;
    }

    /** A server that is put together step by step; see {@link Builder}. */
    public static Builder builder() {
        return new Builder();
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
        return new Server(engine, engine.start(), List.of());
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
        if (!stopping.getAndSet(true)) {
            for (Runnable each : beforeClose) {
                try {
                    each.run();
                } catch (RuntimeException e) {
                    Thread current = Thread.currentThread();
                    current.getUncaughtExceptionHandler().uncaughtException(current, e);
                }
            }
        }
        engine.stop();
    }

    /**
     * Waits until it has ended: because it was stopped, or by itself ({@link #failure}).
     *
     * @throws InterruptedException when this thread is interrupted meanwhile
     */
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
        if (!stopping.get()) {
            stop();
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

    /**
     * Puts a server together:
     *
     * <pre>{@code
     * Server.builder()
     *         .port(8080)
     *         .engine("virtual")
     *         .maxContent(300 << 20)
     *         .idleTimeout(Duration.ofMinutes(1))
     *         .routes(router)
     *         .start();
     * }</pre>
     *
     * <p>What answers is one of {@link #routes}, {@link #function}, {@link #blocking}, {@link
     * #handler}, {@link #scripts} and {@link #files}; the last one counts, but scripts and files go
     * together as they do for the command. All that the command's options set is in {@link
     * #options}.
     */
    public static final class Builder {

        private ServerOptions options = ServerOptions.onPort(0);
        private EngineDescription engine = new ShardedDescription();
        private int size;
        private final Map<String, String> choices = new HashMap<>();
        private final List<Runnable> beforeClose = new ArrayList<>();
        private @Nullable Handler handler;
        private boolean answers;
        private boolean ownsProcess;

        private Builder() {}

        /** Listens at this port of 127.0.0.1; 0, the default, lets the kernel pick one. */
        public Builder port(int port) {
            InetAddress host =
                    options.bind() instanceof InetSocketAddress inet
                            ? inet.getAddress()
                            : InetAddress.ofLiteral("127.0.0.1");
            return bind(new InetSocketAddress(host, port));
        }

        /** Listens at another address of this machine: {@code 0.0.0.0} for all of IPv4. */
        public Builder host(String address) {
            int port = options.bind() instanceof InetSocketAddress inet ? inet.getPort() : 0;
            return bind(new InetSocketAddress(InetAddress.ofLiteral(address), port));
        }

        /** Listens at these addresses instead; also {@link java.net.UnixDomainSocketAddress}es. */
        public Builder bind(SocketAddress... addresses) {
            options = options.withAddresses(List.of(addresses));
            return this;
        }

        /**
         * Serves with another engine of {@link Engines#ALL}.
         *
         * @param name {@code virtual}
         * @throws IllegalArgumentException when there is none of that name
         */
        public Builder engine(String name) {
            EngineDescription named = Engines.named(name);
            if (named == null) {
                throw new IllegalArgumentException(
                        "no engine " + name + "; there are " + Engines.names());
            }
            engine = named;
            return this;
        }

        /** How many threads or workers the engine has; by default one for each processor. */
        public Builder size(int threads) {
            size = threads;
            return this;
        }

        /**
         * Sets another option of the engine.
         *
         * @param name {@code assign}, without hyphens before it
         */
        public Builder engineOption(String name, String value) {
            choices.put(name, value);
            return this;
        }

        /**
         * Says that the process is there for this server alone: it raises the limit of descriptors,
         * adopts what scripts leave running, and ends all child processes when it ends. Engines of
         * worker processes need this.
         */
        public Builder ownsProcess() {
            ownsProcess = true;
            return this;
        }

        /** Answers with routes. */
        public Builder routes(Router router) {
            return handler(router);
        }

        /** Answers with a function that never blocks, on the threads of the connections. */
        public Builder function(RequestFunction function) {
            return handler(Handlers.of(function));
        }

        /** Answers with a function that may block, on virtual threads. */
        public Builder blocking(RequestFunction function) {
            return handler(Handlers.blocking(function));
        }

        /** Answers with a handler of any kind. */
        public Builder handler(Handler newHandler) {
            handler = newHandler;
            answers = true;
            return this;
        }

        /** Answers with the scripts of a folder, as the command does with {@code --path}. */
        public Builder scripts(Path root) {
            handler = null;
            answers = true;
            options = options.withApp(App.SCRIPTS).withScripts(ScriptOptions.of(root));
            return this;
        }

        /** Answers with the files of a folder, where scripts have nothing, if there are any. */
        public Builder files(Path folder) {
            handler = null;
            answers = true;
            FileOptions files = options.files().withFolder(folder.toAbsolutePath().normalize());
            App app = options.app() == App.SCRIPTS ? App.SCRIPTS : App.FILES;
            options = options.withApp(app).withFiles(files);
            return this;
        }

        /** The most bytes of a request's content; more is 413. By default 16 MiB. */
        public Builder maxContent(long bytes) {
            return limits(limits -> limits.withContentBytes(bytes));
        }

        /** Closes a connection that has no request for so long. By default 5 s. */
        public Builder idleTimeout(Duration time) {
            return deadlines(times -> times.withIdle(time));
        }

        /** Ends a handler that takes longer; zero: none. By default 60 s. */
        public Builder handlerTimeout(Duration time) {
            return deadlines(times -> times.withHandler(time));
        }

        /** How long requests in progress may take at a stop. By default 10 s. */
        public Builder grace(Duration time) {
            return deadlines(times -> times.withGrace(time));
        }

        /** Changes sizes and counts. */
        public Builder limits(UnaryOperator<ServerLimits> change) {
            options = options.withLimits(change.apply(options.limits()));
            return this;
        }

        /** Changes times. */
        public Builder deadlines(UnaryOperator<Deadlines> change) {
            options = options.withDeadlines(change.apply(options.deadlines()));
            return this;
        }

        /** Writes lines of this level and above. By default warnings. */
        public Builder logLevel(LogLevel level) {
            options = options.withLog(options.log().withLevel(level));
            return this;
        }

        /** Gives lines to a logger of the program, instead of standard error. */
        public Builder logger(System.Logger logger) {
            options = options.withLog(options.log().withLogger(logger));
            return this;
        }

        /** Changes any other setting. */
        public Builder options(UnaryOperator<ServerOptions> change) {
            options = change.apply(options);
            return this;
        }

        /**
         * Runs a task when the server is about to stop, before it takes no more clients: ends event
         * streams and WebSockets, for example, which would be waited for.
         */
        public Builder beforeClose(Runnable task) {
            beforeClose.add(Objects.requireNonNull(task));
            return this;
        }

        /**
         * Starts it.
         *
         * @throws StartException when it cannot, such as for a port that is taken
         * @throws IllegalStateException when nothing answers
         */
        public Server start() throws StartException {
            if (!answers) {
                throw new IllegalStateException(
                        "nothing answers: call routes, function, blocking, handler, scripts or"
                                + " files");
            }
            if (handler != null && !engine.takesHandlers()) {
                throw new StartException(
                        "the clients of "
                                + engine.name()
                                + " are in other processes, which have no handler of this program;"
                                + " take another engine, or scripts");
            }
            int processors = Runtime.getRuntime().availableProcessors();
            Engine made =
                    engine.make(
                            new EngineSetup(
                                    options,
                                    size > 0 ? size : processors * engine.threadsPerProcessor(),
                                    choices,
                                    ownsProcess,
                                    handler,
                                    Server::javaCommand,
                                    Path.of(System.getProperty("java.io.tmpdir"))));
            return new Server(made, made.start(), List.copyOf(beforeClose));
        }
    }

    /** Starts workers with the modules or the class path of this program. */
    private static List<String> javaCommand() {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        String modules = System.getProperty("jdk.module.path");
        words.add("--enable-native-access=caffeine.os");
        words.add("-p"); // workers are modules, wherever this program has them
        words.add(modules != null ? modules : System.getProperty("java.class.path"));
        return words;
    }
}

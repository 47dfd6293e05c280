package caffeine.bench.server;

import caffeine.server.core.Handler;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.engines.Engines;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The program of {@link HandlerServer}; in worker processes the handler alone. */
public final class HandlerMain {

    private static final long IDLE_NS = 600_000_000_000L;

    private HandlerMain() {}

    /**
     * Serves until it is killed, and prints where.
     *
     * @param arguments the root of the repository, a folder for sockets, an engine, its size, the
     *     class of a handler
     */
    public static void main(String[] arguments)
            throws StartException, InterruptedException, ClassNotFoundException {
        Path home = Path.of(arguments[0]);
        EngineDescription description = Objects.requireNonNull(Engines.named(arguments[2]));
        EngineOption size = description.size();
        @Nullable String byDefault = size == null ? null : size.byDefault();
        int parts =
                Integer.parseInt(
                        byDefault != null && description.isProcessPerConnection()
                                ? byDefault
                                : arguments[3]);
        ServerOptions options =
                ServerOptions.onPort(0)
                        .withHandlerClass(Class.forName(arguments[4]).asSubclass(Handler.class))
                        .withDeadlines(patient(ServerOptions.onPort(0).deadlines()));
        EngineSetup.JavaCommand java = () -> HandlerServer.java(home, List.of());
        Engine engine =
                description.make(
                        new EngineSetup(
                                options, parts, Map.of(), true, null, java, Path.of(arguments[1])));
        InetSocketAddress address = (InetSocketAddress) engine.start().getFirst();
        System.out.println("listening on http://127.0.0.1:" + address.getPort());
        engine.awaitEnd();
    }

    /** Kept connections stay, also while the last of them waits for the start of its process. */
    private static Deadlines patient(Deadlines all) {
        return new Deadlines(
                all.headNs(),
                all.contentIdleNs(),
                IDLE_NS,
                all.sendIdleNs(),
                all.handlerNs(),
                all.graceNs(),
                all.lingerNs());
    }
}

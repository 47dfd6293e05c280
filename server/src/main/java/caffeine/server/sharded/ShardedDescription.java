package caffeine.server.sharded;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.sharded.ShardedOptions.Accept;

import java.util.List;
import java.util.Locale;

/** {@code --engine sharded}. */
public final class ShardedDescription implements EngineDescription {

    private static final EngineOption ACCEPT =
            EngineOption.choice(
                    "accept",
                    "how sharded distributes clients; reuseport: a listener for each thread, and"
                            + " the kernel chooses; assign: to the thread with the fewest clients",
                    "reuseport",
                    "assign");

    /** It has no state. */
    public ShardedDescription() {}

    @Override
    public String name() {
        return "sharded";
    }

    @Override
    public String drawing() {
        return """
        Threads that share nothing, each with its own loop, poller and listening socket. The
        fastest: a request on a kept-alive connection costs one receive and one send.

          clients --+--> listener 1 --> thread 1   the kernel spreads the clients, or with
                    +--> listener 2 --> thread 2   --accept=assign one thread that accepts
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.THREADS, ACCEPT);
    }

    @Override
    public Engine make(EngineSetup setup) {
        Accept accept = Accept.valueOf(setup.choice(ACCEPT).toUpperCase(Locale.ROOT));
        return new ShardedEngine(
                new ShardedOptions(
                        setup.server(),
                        setup.size(),
                        accept,
                        setup.ownsProcess(),
                        setup.handler()));
    }
}

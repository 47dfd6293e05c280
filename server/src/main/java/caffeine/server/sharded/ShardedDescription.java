package caffeine.server.sharded;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;

import java.util.List;

/** {@code --engine sharded}. */
public final class ShardedDescription implements EngineDescription {

    static final String REUSEPORT = "reuseport";

    /** How clients come to a thread. */
    static final EngineOption ACCEPT =
            EngineOption.choice(
                    "accept",
                    "how sharded distributes clients; reuseport: a listener for each thread, and"
                            + " the kernel chooses; assign: to the thread with the fewest clients",
                    REUSEPORT,
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
        Threads that share nothing, each with its own loop, poller and listening socket. A
        request on a kept-alive connection needs one receive and one send.

          clients --+--> listener 1 --> thread 1   the kernel distributes clients; with
                    +--> listener 2 --> thread 2   --accept=assign one thread accepts
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.THREADS, ACCEPT);
    }

    @Override
    public Engine make(EngineSetup setup) {
        return new ShardedEngine(setup);
    }
}

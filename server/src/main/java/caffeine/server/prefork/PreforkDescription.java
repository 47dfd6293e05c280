package caffeine.server.prefork;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;

import java.util.List;

/** {@code --engine prefork}. */
public final class PreforkDescription implements EngineDescription {

    /** It has no state. */
    public PreforkDescription() {}

    @Override
    public String name() {
        return "prefork";
    }

    @Override
    public String drawing() {
        return """
        A parent process accepts clients, and passes each socket to the worker process with the
        most free places. If a worker crashes, the parent replaces it and the others go on.

                              +-- passes the socket --> worker 1   a loop each, with
          clients --> parent -+-- passes the socket --> worker 2   many connections
                              +-- passes the socket --> worker 3
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.WORKERS);
    }

    @Override
    public String process() {
        return "parent";
    }

    @Override
    public boolean takesHandlers() {
        return false;
    }

    @Override
    public Engine make(EngineSetup setup) throws StartException {
        return new PreforkEngine(this, setup, "workers", 0);
    }

    /**
     * An engine, not started, of workers that serve one client and end.
     *
     * @param spares workers that wait for a client, at least 1
     * @throws StartException when it cannot be found out how to start workers
     */
    public static Engine ofOneClientEach(
            EngineDescription description, EngineSetup setup, int spares) throws StartException {
        return new PreforkEngine(description, setup, "children", spares);
    }
}

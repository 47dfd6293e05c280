package caffeine.server.fork;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.prefork.PreforkDescription;

import java.util.List;

/**
 * {@code --engine fork}: {@code prefork} with workers that get one credit in their life. The parent
 * spawns the next one when a client takes the last but few.
 */
public final class ForkDescription implements EngineDescription {

    /** It has no state. */
    public ForkDescription() {}

    @Override
    public String name() {
        return "fork";
    }

    @Override
    public String drawing() {
        return """
        A process for each connection, started ahead: the parent passes a client to a spare, which
        serves it alone and ends. A JVM cannot fork, so each child is a new JVM from the AOT cache,
        which takes some 0.25 s of CPU time: 4 connections a second and processor.

                              +-- passes the socket --> child 1   one connection, then ends
          clients --> parent -+-- passes the socket --> child 2   one connection, then ends
                              +-- starts ahead -------> spare     waits for the next client
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.MAX_CHILDREN, EngineOption.SPARES);
    }

    @Override
    public String process() {
        return "parent";
    }

    @Override
    public boolean isProcessPerConnection() {
        return true;
    }

    @Override
    public boolean takesHandlers() {
        return false;
    }

    @Override
    public Engine make(EngineSetup setup) throws StartException {
        return PreforkDescription.ofOneClientEach(this, setup, setup.number(EngineOption.SPARES));
    }
}

package caffeine.server.shared;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;

import java.util.List;

/** {@code --engine shared}. */
public final class SharedDescription implements EngineDescription {

    /** Whether each thread has a processor of its own. */
    static final EngineOption PIN =
            EngineOption.switchedOff(
                    "pin",
                    "let the threads of shared move between processors; in a file: pin = false");

    /** It has no state. */
    public SharedDescription() {}

    @Override
    public String name() {
        return "shared";
    }

    @Override
    public String drawing() {
        return """
        N threads, each pinned to a processor, wait on one epoll set with the listener, all clients
        (EPOLLONESHOT) and a timer. Any of them serves any client, one thread at a time.

          listener --+                +--> thread 1   one thread gets an event, does the
          clients  --+--> one epoll --+--> thread 2   work, and re-arms the client; the
          timer    --+                +--> thread N   next event may reach another thread
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.THREADS, PIN);
    }

    @Override
    public Engine make(EngineSetup setup) {
        return new SharedEngine(setup);
    }
}

package caffeine.server.reactor;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;

import java.util.List;

/** {@code --engine reactor}. */
public final class ReactorDescription implements EngineDescription {

    /** It has no state. */
    public ReactorDescription() {}

    @Override
    public String name() {
        return "reactor";
    }

    @Override
    public String drawing() {
        return """
        One thread waits and accepts. It removes a readable client from its poller and queues it for
        a pool of threads, which read, answer, and add the client again.

          listener --+                    +--> thread 1 --+   the queue is bounded: when it is
          clients  --+--> loop --> queue -+--> thread 2 --+   full, the loop waits, and clients
              ^                           +--> thread N --+   wait in the kernel
              +---------- add again ----------------------+
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.THREADS);
    }

    /** Two for each: a handler may block one. */
    @Override
    public int threadsPerProcessor() {
        return 2;
    }

    @Override
    public Engine make(EngineSetup setup) {
        return new ReactorEngine(setup);
    }
}

package caffeine.server.selector;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;

/** {@code --engine selector}. */
public final class SelectorDescription implements EngineDescription {

    /** It has no state. */
    public SelectorDescription() {}

    @Override
    public String name() {
        return "selector";
    }

    @Override
    public String drawing() {
        return """
        One thread, and the JDK's selector: epoll on Linux, kqueue on macOS and BSD. The JDK hides
        the descriptors, so the server relays the output of scripts that write straight to their
        client on other engines.

          listener --+
          client   --+--> selector --> one thread: accepts, reads, answers and writes
          client   --+                 as far as each socket is ready
        """;
    }

    @Override
    public boolean isPortable() {
        return true;
    }

    @Override
    public boolean hasDescriptors() {
        return false;
    }

    @Override
    public Engine make(EngineSetup setup) {
        return new SelectorEngine(setup);
    }
}

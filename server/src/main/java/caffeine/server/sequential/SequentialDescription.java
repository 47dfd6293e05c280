package caffeine.server.sequential;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;

/** {@code --engine sequential}. */
public final class SequentialDescription implements EngineDescription {

    /** It has no state. */
    public SequentialDescription() {}

    @Override
    public String name() {
        return "sequential";
    }

    @Override
    public String drawing() {
        return """
        One connection at a time, with blocking calls on the JDK's sockets; an idle one closes
        after 1 s when the next client waits. The JDK hides the descriptors, so the server relays
        the output of scripts that write straight to their client on other engines.

          client ----------> thread: read, answer, write; at its end, the next client
          client, client --> the kernel's queue
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
    public boolean isSequential() {
        return true;
    }

    @Override
    public Engine make(EngineSetup setup) {
        return new SequentialEngine(setup);
    }
}

package caffeine.server.virtual;

import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineOption;
import caffeine.server.engine.EngineSetup;

import java.util.List;

/** {@code --engine virtual}. */
public final class VirtualDescription implements EngineDescription {

    /** It has no state. */
    public VirtualDescription() {}

    @Override
    public String name() {
        return "virtual";
    }

    @Override
    public String drawing() {
        return """
        A virtual thread for each connection, with blocking calls on the JDK's sockets; N carrier
        threads run all of them. The JDK hides the descriptors, so the server relays the output of
        scripts that write straight to their client on other engines.

          client --> virtual thread --+     read, answer, write, and wait again:
          client --> virtual thread --+--> N carrier threads, which switch to
          client --> virtual thread --+    another connection instead of waiting
        """;
    }

    @Override
    public List<EngineOption> options() {
        return List.of(EngineOption.THREADS);
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
        return new VirtualEngine(setup);
    }
}

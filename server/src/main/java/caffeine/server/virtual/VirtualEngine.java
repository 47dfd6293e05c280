package caffeine.server.virtual;

import caffeine.server.engine.ForwardingEngine;
import caffeine.server.service.ThreadedEngine;

/**
 * A virtual thread for each connection, in blocking style, over the JDK's sockets. What needs one
 * thread at a time, which is everything but reading and writing, happens in lanes: a few more than
 * there are carriers, so that those seldom meet.
 */
public final class VirtualEngine extends ForwardingEngine {

    public VirtualEngine(VirtualOptions options) {
        super(
                new ThreadedEngine<>(
                        new LaneGroups(options),
                        options.server(),
                        options.threads(),
                        options.ownsProcess()));
    }
}

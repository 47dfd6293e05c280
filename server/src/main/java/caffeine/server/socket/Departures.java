package caffeine.server.socket;

import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

import java.util.ArrayDeque;

/**
 * Transports that have ended their output and wait for their clients to end theirs, which nearly
 * all do at once. They are looked at a moment later, instead of registering each with the poller
 * for an event that is on its way: that costs one system call instead of five
 * (docs/performance.md).
 */
final class Departures {

    private static final long LOOK_AFTER_NS = 4_000_000;

    /** Those whose time comes so soon after the first one's are looked at with it. */
    private static final long TOGETHER_NS = 2_000_000;

    private record Departure(SocketTransport transport, long lookNs) {}

    private final EventLoop loop;
    private final ArrayDeque<Departure> departures = new ArrayDeque<>();
    private final Timer look =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    look(nowNs);
                }
            };

    Departures(EventLoop loop) {
        this.loop = loop;
    }

    /** Has {@link SocketTransport#departed} called in a moment. */
    void add(SocketTransport transport) {
        long lookNs = loop.nowNs() + LOOK_AFTER_NS;
        if (departures.isEmpty()) {
            loop.timers().schedule(look, lookNs);
        }
        departures.add(new Departure(transport, lookNs));
    }

    private void look(long nowNs) {
        Departure next = departures.peek();
        while (next != null && next.lookNs - nowNs <= TOGETHER_NS) {
            departures.remove();
            next.transport.departed();
            next = departures.peek();
        }
        if (next != null) {
            loop.timers().schedule(look, next.lookNs);
        }
    }
}

package caffeine.server.socket;

import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

/**
 * The sooner of two times: what a connection asked for, and what a client has to take bytes that
 * wait for it.
 */
public abstract class TransportDeadline extends Timer {

    private static final long NEVER = Long.MAX_VALUE;
    private static final long FAR_NS = 3_600_000_000_000L;

    private final EventLoop loop;
    private long connectionBy = NEVER;
    private long sendBy = NEVER;

    protected TransportDeadline(EventLoop loop) {
        this.loop = loop;
    }

    /** What the connection waits for has not come in time. */
    protected abstract void connectionExpired(long nowNs);

    /** The client took nothing in time. */
    protected abstract void sendExpired(long nowNs);

    public final void connectionBy(long atNs) {
        connectionBy = atNs;
        set();
    }

    public final void sendBy(long atNs) {
        sendBy = atNs;
        set();
    }

    /** Where nothing is due any more, only puts off: requests would sort the heap all the time. */
    private void set() {
        long due = sooner(connectionBy, sendBy);
        if (due != NEVER) {
            loop.timers().schedule(this, due);
        } else if (isScheduled()) {
            loop.timers().schedule(this, loop.nowNs() + FAR_NS);
        }
    }

    private static long sooner(long a, long b) {
        if (a == NEVER || b == NEVER) {
            return Math.min(a, b);
        }
        return a - b < 0 ? a : b;
    }

    public final void cancel() {
        loop.timers().cancel(this);
    }

    @Override
    protected void expired(long nowNs) {
        if (isDue(sendBy, nowNs)) {
            sendBy = NEVER;
            sendExpired(nowNs);
        } else if (isDue(connectionBy, nowNs)) {
            connectionBy = NEVER;
            connectionExpired(nowNs);
        }
    }

    private static boolean isDue(long atNs, long nowNs) {
        return atNs != NEVER && atNs - nowNs <= 0;
    }
}

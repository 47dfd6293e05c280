package caffeine.server.transport;

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
    private final SendPace pace;
    private long connectionBy = NEVER;
    private long sendBy = NEVER;

    /**
     * @param idleNs the longest time in which a client may take nothing of what waits for it
     * @param bytesPerSecond what it has to take on average while something waits; 0: any rate
     */
    protected TransportDeadline(EventLoop loop, long idleNs, int bytesPerSecond) {
        this.loop = loop;
        this.pace = new SendPace(idleNs, bytesPerSecond);
    }

    /** What the connection waits for has not come in time. */
    protected abstract void connectionExpired(long nowNs);

    /**
     * The client took nothing in time, or too little.
     *
     * @param limit which of the two it was
     */
    protected abstract void sendExpired(String limit, long nowNs);

    /** How many bytes the kernel has taken for the client in all. */
    protected abstract long handedOver();

    /** How many the client has taken, as far as can be known. May cost a system call. */
    protected abstract long taken();

    public final void connectionBy(long atNs) {
        connectionBy = atNs;
        set();
    }

    // ---- what the client takes

    /** Another response: its average begins, unless some of the one before still waits. */
    public final void responseBegins() {
        pace.begin();
    }

    /** Something waits for the client from now on. */
    public final void outputWaits(long nowNs) {
        pace.waits(handedOver(), nowNs);
        sendBy(pace.dueNs());
    }

    /** The client has taken some of it. */
    public final void outputTaken(long nowNs) {
        pace.progress(handedOver(), nowNs);
        sendBy(pace.dueNs());
    }

    /** Nothing waits any more. */
    public final void outputEmpty(long nowNs) {
        pace.ends(handedOver(), this::taken, nowNs);
        sendBy(NEVER);
    }

    private void sendBy(long atNs) {
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
            String limit = pace.look(handedOver(), taken(), nowNs);
            if (limit == null) {
                sendBy(pace.dueNs());
            } else {
                sendExpired(limit, nowNs);
            }
        } else if (isDue(connectionBy, nowNs)) {
            connectionBy = NEVER;
            connectionExpired(nowNs);
        }
    }

    private static boolean isDue(long atNs, long nowNs) {
        return atNs != NEVER && atNs - nowNs <= 0;
    }
}

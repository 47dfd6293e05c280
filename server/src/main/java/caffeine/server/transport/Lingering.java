package caffeine.server.transport;

/**
 * The end of a connection whose answer is out: what its client still sends is read and dropped,
 * because a close with unread input is a reset, which destroys the answer on its way. Most clients
 * read nothing until they have sent all of their request, however large it is: so there is no limit
 * of bytes, but one of time, as nginx has it (30 s in all, 5 s between bytes).
 */
public final class Lingering {

    /** The longest time without a byte. */
    private static final long QUIET_NS = 5_000_000_000L;

    /** In all, where the end of the server or a place in it is waited for. */
    private static final long HURRIED_NS = 2_000_000_000L;

    private final long quietNs;
    private long mostNs;
    private long startNs;
    private long untilNs;

    /** When something came. Volatile, since on a virtual thread that reads it is not the loop's. */
    private volatile long heardNs;

    /**
     * @param mostNs in all
     */
    public Lingering(long mostNs) {
        this.mostNs = mostNs;
        this.quietNs = Math.min(QUIET_NS, mostNs);
    }

    /** The answer is out. */
    public void begin(long nowNs) {
        startNs = nowNs;
        heardNs = nowNs;
        untilNs = nowNs + mostNs;
    }

    /** The server, or a place in it, waits for the end: so there are 2 s from now, or from then. */
    public void hurry(long nowNs) {
        mostNs = Math.min(mostNs, HURRIED_NS);
        long soon = nowNs + mostNs;
        untilNs = soon - untilNs < 0 ? soon : untilNs;
    }

    /** Something came. From any thread. */
    public void heard(long nowNs) {
        heardNs = nowNs;
    }

    /** When it is over, unless something comes until then. */
    public long dueNs() {
        long quietUntilNs = heardNs + quietNs;
        return quietUntilNs - untilNs < 0 ? quietUntilNs : untilNs;
    }

    /** For how long it has lasted. */
    public long sinceNs(long nowNs) {
        return nowNs - startNs;
    }
}

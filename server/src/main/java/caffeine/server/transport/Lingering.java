package caffeine.server.transport;

/**
 * The end of a connection after its last answer: further input is read and dropped, because a close
 * with unread input is a reset, which destroys the answer on its way. Most clients read nothing
 * until they have sent their whole request. So there is no limit of bytes, only of time, as in
 * nginx (30 s in all, 5 s between bytes).
 */
public final class Lingering {

    /** The longest time without a byte. */
    private static final long QUIET_NS = 5_000_000_000L;

    /** The time in all, when the server ends or needs the place. */
    private static final long HURRIED_NS = 2_000_000_000L;

    private final long quietNs;
    private long mostNs;
    private long startNs;
    private long untilNs;

    /** The time of the last input. Volatile, because a virtual thread may set it. */
    private volatile long heardNs;

    /**
     * @param mostNs in all
     */
    public Lingering(long mostNs) {
        this.mostNs = mostNs;
        this.quietNs = Math.min(QUIET_NS, mostNs);
    }

    /** Limits the time in all. */
    public void atMost(long ns) {
        mostNs = Math.min(mostNs, ns);
    }

    /** The answer is sent. */
    public void begin(long nowNs) {
        startNs = nowNs;
        heardNs = nowNs;
        untilNs = nowNs + mostNs;
    }

    /** The server ends or needs the place: 2 s remain from now, or from the start of lingering. */
    public void hurry(long nowNs) {
        mostNs = Math.min(mostNs, HURRIED_NS);
        long soon = nowNs + mostNs;
        untilNs = soon - untilNs < 0 ? soon : untilNs;
    }

    /** Input has arrived. From any thread. */
    public void heard(long nowNs) {
        heardNs = nowNs;
    }

    /** When it is over, without further input. */
    public long dueNs() {
        long quietUntilNs = heardNs + quietNs;
        return quietUntilNs - untilNs < 0 ? quietUntilNs : untilNs;
    }

    /** For how long it has lasted. */
    public long sinceNs(long nowNs) {
        return nowNs - startNs;
    }
}

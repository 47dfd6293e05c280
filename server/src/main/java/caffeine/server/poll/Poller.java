package caffeine.server.poll;

/**
 * Readiness of many sources, from the operating system's demultiplexer. Level-triggered: a source
 * that stays ready is reported by every poll. One thread calls everything but {@link #wakeup()}.
 *
 * <p>A registration ends with {@link #remove}, which comes before the descriptor is closed or
 * handed to another process; events of the same batch that come later are dropped, even when the
 * descriptor's number is in use again.
 */
public interface Poller extends AutoCloseable {

    /**
     * Watches a source.
     *
     * @return 0 or −errno (ENOSPC, ENOMEM: the kernel's limits; EBADF: it is closed, or this poller
     *     cannot watch it)
     * @throws IllegalStateException when it is watched already
     */
    int add(Source source, int interest);

    /** Changes what a source is watched for; 0 leaves hang-ups alone. Costs nothing when equal. */
    void modify(Source source, int interest);

    /** Ends the watching; harmless for a source that is not watched. */
    void remove(Source source);

    /**
     * Ends the watching of a source that is closed right after: as {@link #remove}, but without a
     * system call where closing does the same, because no other process holds it.
     */
    void forget(Source source);

    /**
     * Waits until sources are ready and remembers them; calls none yet. May return early without
     * events.
     *
     * @param timeoutNs at most this long, as exactly as the kernel counts; 0 does not wait,
     *     negative waits without end
     * @return how many events there are to {@link #dispatch}
     */
    int poll(long timeoutNs);

    /**
     * Calls every source that the last {@link #poll} found ready, unless an earlier one of them
     * removed it. If a source throws, its {@link Source#broken} is called; if that throws, its
     * registration ends, and the exception is rethrown from here after the other sources were
     * called.
     *
     * @param nowNs the time after the wait
     * @return how many sources were called
     */
    int dispatch(long nowNs);

    /**
     * Replaces the kernel's side of this poller, which has failed, by a new one, and watches there
     * all sources that this one watches. {@link Source#broken} is called for a source that cannot
     * be watched.
     *
     * @throws IllegalStateException when no new one can be opened, with the reason; this poller is
     *     unusable then
     */
    void renew();

    /** Ends the current wait, or the next one. From any thread; harmless once closed. */
    void wakeup();

    /** Ends all registrations; the sources themselves stay open. */
    @Override
    void close();
}

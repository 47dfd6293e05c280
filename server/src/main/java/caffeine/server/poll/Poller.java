package caffeine.server.poll;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;

import java.lang.foreign.MemorySegment;

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

    /**
     * Whether the calling thread may use its sources now. For assertions: known only where threads
     * take turns.
     */
    default boolean isDrivenHere() {
        return true;
    }

    // ---- the bytes of a source of Input.BYTES

    /**
     * Whether the kernel receives or accepts ahead, once a source is watched: a first try before
     * that is a waste.
     */
    default boolean takesAhead(Source.Input input) {
        return false;
    }

    /**
     * Takes input that has arrived, without waiting.
     *
     * @param flags 0, or MSG_TRUNC to drop it
     * @return as {@link Sockets#recv}
     */
    default long receive(Source source, MemorySegment to, long length, int flags) {
        return Sockets.recv(source.descriptor, to, 0, length, flags | Sockets.MSG_DONTWAIT);
    }

    /**
     * Whether it is known, without a system call, that a source had no more input when it was last
     * received from, in this turn.
     */
    default boolean isDry(Source source) {
        return false;
    }

    /** The pending error of a source that has hung up; 0 when there is none. */
    default int error(Source source) {
        return Sockets.getOption(source.descriptor, Sockets.SOL_SOCKET, Sockets.SO_ERROR);
    }

    /**
     * Sends without waiting, or promises to send before the next wait. {@link Source#unsent} is
     * called with what was promised and could not be sent, before anything else is sent.
     *
     * @return as {@link Sockets#send}
     */
    default long send(Source source, MemorySegment from, long offset, long length) {
        return Sockets.send(source.descriptor, from, offset, length, Sockets.MSG_DONTWAIT);
    }

    /**
     * Sends what was promised: the kernel has it afterwards, or {@link Source#unsent} was called.
     */
    default void settle(Source source) {}

    /**
     * Closes the descriptor of a source, after what was promised for it is sent, and ends its
     * registration as {@link #forget} does. If it cannot be sent, the connection is reset.
     */
    default void close(Source source) {
        forget(source);
        Descriptors.close(source.descriptor);
    }

    // ---- for any thread

    /** Ends the current wait, or the next one. From any thread; harmless once closed. */
    void wakeup();

    /** Ends all registrations; the sources themselves stay open. */
    @Override
    void close();
}

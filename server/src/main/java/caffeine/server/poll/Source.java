package caffeine.server.poll;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;

/**
 * A socket, a pipe or a process descriptor that a {@link Poller} watches: a raw descriptor for
 * {@link EpollPoller}, a channel for {@link SelectorPoller}. A source belongs to at most one poller
 * at a time and is touched on its thread only.
 */
public abstract class Source {

    /** Bytes, a new client or an exit can be read. */
    public static final int READ = 1;

    /** Bytes can be written. */
    public static final int WRITE = 2;

    /**
     * The other end is closed, or there is an error; always reported. The JDK's selector reports
     * {@link #READ} or {@link #WRITE} instead, if they are of interest, and the next read or write
     * returns the error.
     */
    public static final int HANGUP = 4;

    /** How a poller of completions gets what others watch for as {@link #READ}. */
    public enum Input {
        /** It watches, too. */
        READINESS,
        /** It receives bytes, for {@link Poller#receive}. */
        BYTES,
        /** It accepts clients, and calls {@link #arrived}. */
        CLIENTS
    }

    /** The raw descriptor, or -1 where a source has a channel instead. */
    final int descriptor;

    /** The channel, or null where a source has a raw descriptor instead. */
    final @Nullable SelectableChannel channel;

    /** The channel's registration with {@link SelectorPoller}. */
    @Nullable SelectionKey key;

    /** The interest as the poller knows it, or -1 while this is not registered. */
    int interest = -1;

    /** What the kernel watches for a {@link LanePoller}. */
    int armed = LanePoller.DISARMED;

    /** Its lane's last read has found nothing. */
    boolean drained;

    /** Whose lane it is in. */
    @Nullable LanePoller home;

    /** Distinguishes this registration from an earlier one of the same descriptor. */
    int generation;

    /**
     * A source with a raw descriptor.
     *
     * @throws IllegalArgumentException for a negative one, which is the −errno of a call
     */
    protected Source(int descriptor) {
        this(descriptor, null);
    }

    protected Source(SelectableChannel channel) {
        this(-1, channel);
    }

    /**
     * A source with either.
     *
     * @param descriptor what counts where there is no channel
     */
    protected Source(int descriptor, @Nullable SelectableChannel channel) {
        if (descriptor < 0 && channel == null) {
            throw new IllegalArgumentException("descriptor " + descriptor);
        }
        this.descriptor = channel == null ? descriptor : -1;
        this.channel = channel;
    }

    /** The raw descriptor, or -1 where a source has a channel instead. */
    public final int descriptor() {
        return descriptor;
    }

    /** Whether a poller watches this. */
    public final boolean isRegistered() {
        return interest >= 0;
    }

    /** The watched readiness, or -1 when it is not watched. */
    public final int interest() {
        return interest;
    }

    /**
     * Called by the poller's thread.
     *
     * @param readiness any of {@link #READ}, {@link #WRITE}, {@link #HANGUP}
     * @param nowNs the time of this turn
     */
    protected abstract void ready(int readiness, long nowNs);

    /** See {@link Input}; the same while it is registered. */
    protected Input input() {
        return Input.READINESS;
    }

    /**
     * A client was accepted ahead; only queues it.
     *
     * @param client its descriptor, in blocking mode, of which this takes ownership; or −errno,
     *     after which none comes until this is watched again
     */
    protected void arrived(int client) {
        throw new IllegalStateException("no listener");
    }

    /** Whether something of {@link #arrived} waits. */
    protected boolean hasArrived() {
        return false;
    }

    /**
     * Bytes that {@link Poller#send} has promised could not be sent. Only queues them, or notes the
     * failure.
     *
     * @param bytes valid during this call; from {@code from} to {@code to}
     * @param errno EAGAIN when the socket takes no more for now, else the failure
     */
    protected void unsent(ByteBuffer bytes, int from, int to, int errno) {
        throw new IllegalStateException("nothing was promised");
    }

    /** Calls this source; returns what neither it nor its {@link #broken} could handle. */
    final @Nullable Throwable deliver(int readiness, long nowNs, Poller poller) {
        try {
            ready(readiness, nowNs);
            return null;
        } catch (Throwable mistake) {
            return deliverMistake(mistake, poller);
        }
    }

    /** Reports a mistake to this source; returns what it could not handle. */
    final @Nullable Throwable deliverMistake(Throwable mistake, Poller poller) {
        try {
            broken(mistake);
            return null;
        } catch (Throwable unhandled) {
            poller.remove(this); // it would be ready, and fail, again and again
            return unhandled;
        }
    }

    /**
     * Called when {@link #ready} threw: the failure should affect the owner of this source only. By
     * default the poller removes this source, and the loop reports the failure.
     */
    protected void broken(Throwable mistake) {
        throw unchecked(mistake);
    }

    /** A caught throwable in a form that can be rethrown anywhere. */
    public static RuntimeException unchecked(Throwable caught) {
        if (caught instanceof Error error) {
            throw error;
        }
        return caught instanceof RuntimeException same ? same : new IllegalStateException(caught);
    }
}

package caffeine.server.poll;

import org.jspecify.annotations.Nullable;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;

/**
 * Something that becomes ready: a socket, a pipe, a process descriptor. What a {@link Poller}
 * registers: a raw descriptor for {@link EpollPoller}, a channel for {@link SelectorPoller}. A
 * source belongs to at most one poller at a time and is touched on its thread only.
 */
public abstract class Source {

    /** Bytes, or a new client, or an exit wait to be read. */
    public static final int READ = 1;

    /** Bytes can be written. */
    public static final int WRITE = 2;

    /**
     * The other side is gone, or an error waits; reported whether it is of interest or not. The
     * JDK's selector does not know it: it reports {@link #READ} or {@link #WRITE} in its place, as
     * far as those are of interest, and the next read or write tells.
     */
    public static final int HANGUP = 4;

    /** The raw descriptor, or -1 where a source has a channel instead. */
    final int descriptor;

    /** The channel, or null where a source has a raw descriptor instead. */
    final @Nullable SelectableChannel channel;

    /** The channel's registration with {@link SelectorPoller}. */
    @Nullable SelectionKey key;

    /** The interest as the poller knows it, or -1 while this is not registered. */
    int interest = -1;

    /** Tells this registration from an earlier one of the same descriptor. */
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

    /** The readiness that the poller was last told to watch for, or -1 when it is not watched. */
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

    /** Tells this source; returns what neither it nor its {@link #broken} could deal with. */
    final @Nullable Throwable tell(int readiness, long nowNs, Poller poller) {
        try {
            ready(readiness, nowNs);
            return null;
        } catch (Throwable mistake) {
            return tellBroken(mistake, poller);
        }
    }

    /** Tells this source of a mistake; returns what it could not deal with. */
    final @Nullable Throwable tellBroken(Throwable mistake, Poller poller) {
        try {
            broken(mistake);
            return null;
        } catch (Throwable unhandled) {
            poller.remove(this); // it would be ready, and fail, again and again
            return unhandled;
        }
    }

    /**
     * Called when {@link #ready} threw: a mistake, which should cost the owner of this source
     * alone. By default the poller watches this source no more, and the mistake goes on to the
     * loop.
     */
    protected void broken(Throwable mistake) {
        throw unchecked(mistake);
    }

    /** A caught throwable in a form that can be thrown again from anywhere. */
    public static RuntimeException unchecked(Throwable caught) {
        if (caught instanceof Error error) {
            throw error;
        }
        return caught instanceof RuntimeException same ? same : new IllegalStateException(caught);
    }
}

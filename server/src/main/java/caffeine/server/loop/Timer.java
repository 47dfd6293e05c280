package caffeine.server.loop;

import caffeine.server.poll.Source;

/**
 * An action at a time, unless it is postponed. Postponing costs one field write; see {@link
 * Timers}.
 */
public abstract class Timer {

    static final int NOT_QUEUED = -1;

    /** When it is due. */
    long dueNs;

    /** The key that the heap orders by; never later than {@link #dueNs}. */
    long queuedNs;

    int position = NOT_QUEUED;

    /** A timer that runs an action. */
    public static Timer of(Runnable action) {
        return new Timer() {
            @Override
            protected void expired(long nowNs) {
                action.run();
            }
        };
    }

    /** Called once when the time has come; may schedule this again. */
    protected abstract void expired(long nowNs);

    /**
     * Called when {@link #expired} threw: the failure should affect the owner of this timer only.
     * By default the loop reports it, and continues.
     */
    protected void broken(Throwable mistake) {
        throw Source.unchecked(mistake);
    }

    /** Whether it is scheduled. */
    public final boolean isScheduled() {
        return position != NOT_QUEUED;
    }
}

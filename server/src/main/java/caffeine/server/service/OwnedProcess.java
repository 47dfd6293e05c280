package caffeine.server.service;

import caffeine.server.engine.StartException;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The claim of a server that this process is there for it alone. Such a one reaps every child that
 * ends and ends all of them when it stops, so a second one's scripts would be taken from it.
 */
public final class OwnedProcess implements AutoCloseable {

    private static final AtomicBoolean OWNED = new AtomicBoolean();

    private final AtomicBoolean held;

    private OwnedProcess(boolean held) {
        this.held = new AtomicBoolean(held);
    }

    /**
     * Makes the claim, if there is one to be made.
     *
     * @throws StartException when another server of this process has made it
     */
    public static OwnedProcess claim(boolean owns) throws StartException {
        if (owns && !OWNED.compareAndSet(false, true)) {
            throw new StartException(
                    "another server runs in this process to which all of its child processes"
                            + " belong; stop that one first, or start this one without owning the"
                            + " process");
        }
        return new OwnedProcess(owns);
    }

    /** Gives it up; from any thread, as often as one likes. */
    @Override
    public void close() {
        if (held.compareAndSet(true, false)) {
            OWNED.set(false);
        }
    }
}

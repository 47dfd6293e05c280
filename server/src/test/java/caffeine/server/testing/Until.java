package caffeine.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for what should come true, but not for ever. */
public final class Until {

    /** How long something may take until it counts as never happening. */
    public static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    private static final long LOOK_NS = 1_000_000;

    /** Something that can be looked at. */
    public interface Condition {
        boolean holds() throws IOException;
    }

    private Until() {}

    public static void holds(String what, Condition condition) {
        long end = System.nanoTime() + PATIENCE_NS;
        try {
            while (!condition.holds()) {
                if (System.nanoTime() - end > 0) {
                    throw new AssertionError("never happens: " + what);
                }
                LockSupport.parkNanos(LOOK_NS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

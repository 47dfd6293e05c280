package caffeine.bench.host;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for events without notification. */
public final class Waiting {
    private static final long STEP_NS = 500_000;

    private Waiting() {}

    /** Looks again and again; false when the time is over and it is still not so. */
    public static boolean until(Duration atMost, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs >= 0) {
                return false;
            }
            LockSupport.parkNanos(STEP_NS);
        }
        return true;
    }
}

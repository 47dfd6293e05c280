package caffeine.conformance.harness;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for conditions. The patience is generous: it is spent only when a test is about to fail.
 */
public final class Await {

    /** How long anything that should happen "at once" may take on a busy machine. */
    public static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final long LOOK_AGAIN_NS = 5_000_000;

    private Await() {}

    /** Waits until the condition holds; fails with {@code what} after {@link #PATIENCE}. */
    public static void until(String what, BooleanSupplier condition) {
        until(what, PATIENCE, condition);
    }

    /**
     * Waits until the condition holds; fails with {@code what} when it does not within the time.
     */
    public static void until(String what, Duration patience, BooleanSupplier condition) {
        until(() -> what, patience, condition);
    }

    /** As above, with a description that is made only when it is needed. */
    public static void until(Supplier<String> what, Duration patience, BooleanSupplier condition) {
        if (!holdsWithin(patience, condition)) {
            throw new AssertionError("not within " + patience.toMillis() + " ms: " + what.get());
        }
    }

    /** Whether the condition came to hold within the time. */
    public static boolean holdsWithin(Duration patience, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > patience.toNanos()) {
                return condition.getAsBoolean();
            }
            LockSupport.parkNanos(LOOK_AGAIN_NS);
        }
        return true;
    }
}

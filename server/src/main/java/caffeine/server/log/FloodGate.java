package caffeine.server.log;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;

/**
 * Lets at most so many lines of one kind pass in a second, and tells with the next one how many did
 * not: what a client or a script can cause at will must not fill a disk.
 */
public final class FloodGate {

    private static final int KINDS = 256;
    private static final long SECOND_NS = 1_000_000_000L;

    private static final class Kind {
        long secondNs;
        int passed;
        long held;
    }

    private final int linesPerSecond;

    /** Makes a gate that lets so many lines of each kind pass in a second. */
    public FloodGate(int linesPerSecond) {
        this.linesPerSecond = linesPerSecond;
    }

    private final Map<String, Kind> kinds = new HashMap<>();

    /** What to add to the line, or null when it is not to be written. */
    public @Nullable String pass(String name) {
        return pass(name, System.nanoTime());
    }

    @Nullable String pass(String name, long nowNs) {
        if (kinds.size() >= KINDS && !kinds.containsKey(name)) {
            kinds.clear();
        }
        Kind kind = kinds.computeIfAbsent(name, _ -> new Kind());
        if (kind.passed == 0 || nowNs - kind.secondNs >= SECOND_NS) {
            kind.secondNs = nowNs;
            kind.passed = 0;
        }
        if (kind.passed >= linesPerSecond) {
            kind.held++;
            return null;
        }
        kind.passed++;
        if (kind.held == 0) {
            return "";
        }
        String more = " (and " + kind.held + " more lines like it that were not written)";
        kind.held = 0;
        return more;
    }
}

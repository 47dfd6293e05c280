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

    /** Stands for all kinds beyond those. */
    private static final String OTHERS = "";

    private static final class Kind {
        long secondNs;
        int passed;
        long held;
    }

    private final int linesPerSecond;
    private final Map<String, Kind> kinds = new HashMap<>();
    private long sweptNs;

    /** Makes a gate that lets so many lines of each kind pass in a second. */
    public FloodGate(int linesPerSecond) {
        this.linesPerSecond = linesPerSecond;
    }

    /** What to add to the line, or null when it is not to be written. */
    public @Nullable String pass(String name) {
        return pass(name, System.nanoTime());
    }

    synchronized @Nullable String pass(String name, long nowNs) {
        Kind kind = kindOf(name, nowNs);
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

    /** Whoever can make up names must not get more lines by it: too many of them are one kind. */
    private Kind kindOf(String name, long nowNs) {
        Kind known = kinds.get(name);
        if (known != null) {
            return known;
        }
        if (kinds.size() >= KINDS && (sweptNs == 0 || nowNs - sweptNs >= SECOND_NS)) {
            sweptNs = nowNs;
            kinds.values().removeIf(kind -> nowNs - kind.secondNs >= SECOND_NS);
        }
        return kinds.computeIfAbsent(kinds.size() < KINDS ? name : OTHERS, _ -> new Kind());
    }
}

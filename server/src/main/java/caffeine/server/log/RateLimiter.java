package caffeine.server.log;

import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rate limit: lets at most so many lines of one kind pass in a second, and reports the number of
 * suppressed ones with the next line or a second later, so that clients and scripts cannot fill a
 * disk. Thread-safe.
 */
public final class RateLimiter {

    private static final int KINDS = 256;
    private static final long SECOND_NS = 1_000_000_000L;

    /** The kind of all further kinds. */
    private static final String OTHERS = "others";

    private static final class Kind {
        final String name;
        long secondNs;
        int passed;
        long held;

        Kind(String name) {
            this.name = name;
        }
    }

    private final Log log;
    private final LogLevel level;
    private final int linesPerSecond;
    private final Clock clock;
    private final Map<String, Kind> kinds = new HashMap<>();
    private boolean holding;
    private long sweptNs;

    RateLimiter(Log log, LogLevel level, int linesPerSecond, Clock clock) {
        this.log = log;
        this.level = level;
        this.linesPerSecond = linesPerSecond;
        this.clock = clock;
    }

    /**
     * Writes a line, or only counts it.
     *
     * @param kind the subject and the beginning of the line: a script, a limit
     * @param text what follows that
     * @return whether it was written
     */
    public boolean line(String kind, String text) {
        if (!log.isOn(level)) {
            return true;
        }
        String more = pass(kind);
        if (more == null) {
            log.watch();
            return false;
        }
        log.line(level, kind + text + more);
        return true;
    }

    /** The suffix of the line, or null when the line is suppressed. */
    private synchronized @Nullable String pass(String name) {
        long nowNs = clock.nanoTime();
        Kind kind = kindOf(name, nowNs);
        if (kind.passed == 0 || nowNs - kind.secondNs >= SECOND_NS) {
            kind.secondNs = nowNs;
            kind.passed = 0;
        }
        if (kind.passed >= linesPerSecond) {
            kind.held++;
            holding = true;
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

    /**
     * Invented names must not raise the number of lines: beyond a number of kinds, all others are
     * one kind.
     */
    private Kind kindOf(String name, long nowNs) {
        Kind known = kinds.get(name);
        if (known != null) {
            return known;
        }
        if (kinds.size() >= KINDS && (sweptNs == 0 || nowNs - sweptNs >= SECOND_NS)) {
            sweptNs = nowNs;
            kinds.values().removeIf(kind -> kind.held == 0 && nowNs - kind.secondNs >= SECOND_NS);
        }
        return kinds.computeIfAbsent(kinds.size() < KINDS ? name : OTHERS, Kind::new);
    }

    /** Reports lines that were suppressed for a second. Returns whether there is more. */
    boolean reportOld() {
        return report(clock.nanoTime());
    }

    /** Reports all suppressed lines. */
    void reportAll() {
        report(Long.MAX_VALUE);
    }

    private boolean report(long nowNs) {
        List<String> told = new ArrayList<>();
        boolean more = false;
        synchronized (this) {
            if (!holding) {
                return false;
            }
            for (Kind kind : kinds.values()) {
                if (kind.held > 0 && (nowNs == Long.MAX_VALUE || isOver(kind, nowNs))) {
                    told.add(kind.name);
                    told.add(kind.held + " more lines like the last were not written");
                    kind.held = 0;
                }
                more |= kind.held > 0;
            }
            holding = more;
        }
        for (int i = 0; i < told.size(); i += 2) {
            log.line(level, told.get(i), told.get(i + 1));
        }
        return more;
    }

    private static boolean isOver(Kind kind, long nowNs) {
        return nowNs - kind.secondNs >= SECOND_NS;
    }
}

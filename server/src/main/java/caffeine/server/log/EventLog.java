package caffeine.server.log;

import caffeine.server.LogLevel;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ServerEvents;

import org.jspecify.annotations.Nullable;

/** Writes what happens as log lines: one a exchange at INFO, trouble at WARN, the rest at DEBUG. */
public final class EventLog implements ServerEvents {

    private final Log log;
    private final FloodGate limits = new FloodGate(1);
    private final FloodGate failures = new FloodGate(10);
    private final FloodGate said = new FloodGate(100);

    public EventLog(Log log) {
        this.log = log;
    }

    @Override
    public boolean wantsExchanges() {
        return log.isOn(LogLevel.INFO);
    }

    @Override
    public void exchangeEnded(
            ClientAddress client,
            @Nullable String method,
            @Nullable String target,
            int minorVersion,
            int status,
            long bytes,
            long durationNs,
            @Nullable String handlerOutcome) {
        if (!log.isOn(LogLevel.INFO)) {
            return;
        }
        StringBuilder line = new StringBuilder(128);
        line.append(client.host()).append(" \"");
        if (method == null) {
            line.append('-');
        } else {
            // A request that was refused may hold quotes, which must not end ours.
            String address = target == null ? "-" : target;
            String version = minorVersion < 0 ? "" : " HTTP/1." + minorVersion;
            line.append((method + " " + address + version).replace("\"", "\\x22"));
        }
        line.append("\" ");
        if (status > 0) {
            line.append(status);
        } else {
            line.append('-');
        }
        line.append(' ').append(bytes).append(' ');
        appendMillis(line, durationNs);
        if (handlerOutcome != null) {
            line.append(' ').append(handlerOutcome);
        }
        log.line(LogLevel.INFO, line.toString());
    }

    @Override
    public void refused(ClientAddress client, int status, String section, String detail) {
        if (log.isOn(LogLevel.DEBUG)) {
            log.line(
                    LogLevel.DEBUG,
                    client.host()
                            + " refused with "
                            + status
                            + ": "
                            + detail
                            + " ("
                            + section
                            + ")");
        }
    }

    @Override
    public void limitReached(ClientAddress client, String limit, String detail) {
        if (log.isOn(LogLevel.DEBUG)) {
            log.line(LogLevel.DEBUG, "limit", limit + " for " + client.host() + ": " + detail);
        }
        String more = limits.pass(limit);
        if (more != null) {
            log.line(LogLevel.INFO, "limit", limit + " reached: " + detail + more);
        }
    }

    @Override
    public void handlerFailed(String script, String detail) {
        String more = failures.pass(script);
        if (more != null) {
            log.line(LogLevel.WARN, script, detail + more);
        } else if (log.isOn(LogLevel.DEBUG)) {
            log.line(LogLevel.DEBUG, script, detail);
        }
    }

    @Override
    public void handlerEnded(String script, int pid, String outcome, long durationNs) {
        if (log.isOn(LogLevel.DEBUG)) {
            StringBuilder text = new StringBuilder("pid ").append(pid).append(' ').append(outcome);
            text.append(" after ");
            appendMillis(text, durationNs);
            log.line(LogLevel.DEBUG, script, text.toString());
        }
    }

    @Override
    public void handlerSaid(String script, String line) {
        String more = said.pass(script);
        if (more != null) {
            log.line(LogLevel.WARN, script, "stderr: " + line + more);
        }
    }

    @Override
    public void mistake(String component, Throwable mistake) {
        log.line(LogLevel.ERROR, component, Traces.describe(mistake));
    }

    @Override
    public void warning(String component, String detail) {
        log.line(LogLevel.WARN, component, detail);
    }

    @Override
    public void debug(String component, String detail) {
        log.line(LogLevel.DEBUG, component, detail);
    }

    /** Milliseconds with two decimals, without the cost of a formatter. */
    private static void appendMillis(StringBuilder text, long ns) {
        long hundredths = Math.max(0, ns) / 10_000;
        text.append(hundredths / 100).append('.');
        long rest = hundredths % 100;
        text.append((char) ('0' + rest / 10)).append((char) ('0' + rest % 10)).append("ms");
    }
}

package caffeine.server.log;

import caffeine.os.Errno;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.HandlerEnd;
import caffeine.server.core.ServerEvents;
import caffeine.server.engine.NativeAccess;
import caffeine.server.options.LogLevel;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

/**
 * Writes events as log lines: one for each exchange at INFO, problems at WARN, the rest at DEBUG.
 */
public final class EventLog implements ServerEvents {

    private static final int MOST_REQUEST_CHARS = 256;

    private final Log log;
    private final @Nullable AccessLog access;
    private final RateLimiter limits;
    private final RateLimiter errors;
    private final RateLimiter failures;
    private final RateLimiter said;
    private final RateLimiter mistakes;

    /**
     * @param access the log of exchanges; null: the same log as everything else
     */
    EventLog(Log log, @Nullable AccessLog access) {
        this.log = log;
        this.access = access;
        this.limits = log.gate(LogLevel.INFO, 1);
        this.errors = log.gate(LogLevel.WARN, 1);
        this.failures = log.gate(LogLevel.WARN, 10);
        this.said = log.gate(LogLevel.WARN, 100);
        this.mistakes = log.gate(LogLevel.ERROR, 10);
    }

    @Override
    public boolean wantsExchanges() {
        return access != null || log.isOn(LogLevel.INFO);
    }

    @Override
    public void exchangeEnded(ExchangeReport report) {
        if (access != null) {
            access.exchange(report);
        } else if (log.isOn(LogLevel.INFO)) {
            log.line(LogLevel.INFO, describe(report));
        }
    }

    private static String describe(ExchangeReport report) {
        StringBuilder line = new StringBuilder(128);
        line.append(report.client().host()).append(" \"");
        // A refused request may contain quotes, which must not end the quotes here.
        line.append(AccessLog.requestLine(report).replace("\"", "\\x22")).append("\" ");
        if (report.status() > 0) {
            line.append(report.status());
        } else {
            line.append('-');
        }
        line.append(' ').append(report.bytes()).append(' ');
        appendMillis(line, report.durationNs());
        HandlerEnd end = report.handler();
        if (end != null) {
            line.append(" pid ").append(end.pid()).append(' ').append(end.outcome());
            if (end.cpuNs() >= 0) {
                line.append(" cpu ");
                appendMillis(line, end.cpuNs());
            }
        }
        return line.toString();
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
        limits.line("limit: " + limit, " reached: " + detail);
    }

    /** A client can cause what is ordinary at will; the rest is rate-limited all the same. */
    @Override
    public void connectionFailed(ClientAddress client, int errno) {
        boolean ordinary = isOrdinary(errno);
        if (ordinary && !log.isOn(LogLevel.DEBUG)) {
            return;
        }
        // The table of names is for engines of raw descriptors.
        String reason = NativeAccess.isEnabled() ? Errno.describe(errno) : "errno " + errno;
        String text = "disconnected " + client.host() + ": " + reason;
        if (ordinary) {
            log.line(LogLevel.DEBUG, "connection", text);
        } else {
            errors.line("connection", ": " + text);
        }
    }

    /** How clients and networks end connections; 0 is not known to be anything else. */
    private static boolean isOrdinary(int errno) {
        return switch (errno) {
            case 0,
                    Errno.ECONNRESET,
                    Errno.EPIPE,
                    Errno.ETIMEDOUT,
                    Errno.EHOSTUNREACH, // in place of ETIMEDOUT, when a router has told the reason
                    Errno.ENETUNREACH ->
                    true;
            default -> false;
        };
    }

    @Override
    public void handlerFailed(String script, String detail) {
        failure(script, ": " + detail);
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
        said.line(script, ": stderr: " + line);
    }

    @Override
    public void handlerTimedOut(String request, long durationNs, long sentBytes) {
        StringBuilder text = new StringBuilder(": ").append(quoted(request));
        if (sentBytes == NOTHING_SENT) {
            text.append(" was answered 504");
        } else {
            text.append(" was cut after ").append(sentBytes).append(" bytes of content");
        }
        text.append(", since the handler took too long (");
        text.append(Setting.HANDLER_TIMEOUT).append("): ");
        appendMillis(text, durationNs);
        failure("handler", text.toString());
    }

    private void failure(String kind, String text) {
        if (!failures.line(kind, text) && log.isOn(LogLevel.DEBUG)) {
            log.line(LogLevel.DEBUG, kind + text);
        }
    }

    @Override
    public void mistake(String component, Throwable mistake) {
        mistakes.line(component, ": " + Traces.describe(mistake));
    }

    /** Rate-limited, because clients can cause it at will. */
    @Override
    public void mistake(String component, String request, Throwable mistake) {
        mistakes.line(component, ": " + quoted(request) + ": " + Traces.describe(mistake));
    }

    /**
     * A request may contain quotes, which must not end the quotes here, and may be longer than a
     * line.
     */
    private static String quoted(String request) {
        int length = Math.min(request.length(), MOST_REQUEST_CHARS);
        String kept = request.substring(0, length).replace("\"", "\\x22");
        return '"' + kept + (length < request.length() ? "...\"" : "\"");
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

package caffeine.server.testing;

import caffeine.server.core.ClientAddress;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.HandlerEnd;
import caffeine.server.core.ServerEvents;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/** Keeps what happens, each kind in a list of its own. */
public final class RecordedEvents implements ServerEvents {

    /** {@code GET /x 1 200 12}: method, target, minor version, status, bytes. */
    public final List<String> exchanges = new ArrayList<>();

    /** How the exchanges' processes ended, null where none ran. */
    public final List<@Nullable String> outcomes = new ArrayList<>();

    public final List<Long> durationsNs = new ArrayList<>();

    /** Processor time of the exchanges' processes. */
    public final List<Long> cpuNs = new ArrayList<>();

    /** {@code 400 RFC 9112 §5.1}: status and section. */
    public final List<String> refusals = new ArrayList<>();

    public final List<String> limits = new ArrayList<>();
    public final List<Throwable> mistakes = new ArrayList<>();

    /** {@code handler: GET /x}: where mistakes were met that a request met. */
    public final List<String> mistaken = new ArrayList<>();

    /** {@code GET /x 60000 -1}: request, milliseconds, bytes. */
    public final List<String> timeouts = new ArrayList<>();

    /** {@code /script: detail}. */
    public final List<String> failures = new ArrayList<>();

    /** {@code /script: exited 0}. */
    public final List<String> ends = new ArrayList<>();

    /** {@code /script: line}. */
    public final List<String> said = new ArrayList<>();

    /** Of calls that failed for a client. */
    public final List<Integer> errors = new ArrayList<>();

    public final List<String> warnings = new ArrayList<>();

    /** An event of a script, as its list has it, of which to be told is too much. */
    public @Nullable String breakOn;

    public RecordedEvents() {}

    @Override
    public void exchangeEnded(ExchangeReport report) {
        exchanges.add(
                report.method()
                        + " "
                        + report.target()
                        + " "
                        + report.minorVersion()
                        + " "
                        + report.status()
                        + " "
                        + report.bytes());
        HandlerEnd end = report.handler();
        outcomes.add(end == null ? null : "pid " + end.pid() + " " + end.outcome());
        durationsNs.add(report.durationNs());
        cpuNs.add(end == null ? HandlerEnd.UNKNOWN : end.cpuNs());
    }

    @Override
    public void refused(ClientAddress client, int status, String section, String detail) {
        refusals.add(status + " " + section);
    }

    @Override
    public void limitReached(ClientAddress client, String limit, String detail) {
        limits.add(limit);
    }

    @Override
    public void connectionFailed(ClientAddress client, int errno) {
        errors.add(errno);
    }

    @Override
    public void handlerFailed(String script, String detail) {
        breakIfAsked(script + ": " + detail);
        failures.add(script + ": " + detail);
    }

    @Override
    public void handlerEnded(String script, int pid, String outcome, long durationNs) {
        breakIfAsked(script + ": " + outcome);
        ends.add(script + ": " + outcome);
    }

    @Override
    public void handlerSaid(String script, String line) {
        breakIfAsked(script + ": " + line);
        said.add(script + ": " + line);
    }

    private void breakIfAsked(String event) {
        if (breakOn != null && event.startsWith(breakOn)) {
            throw new IllegalStateException("breaks");
        }
    }

    @Override
    public void mistake(String component, Throwable mistake) {
        mistakes.add(mistake);
    }

    @Override
    public void mistake(String component, String request, Throwable mistake) {
        mistakes.add(mistake);
        mistaken.add(component + ": " + request);
    }

    @Override
    public void handlerTimedOut(String request, long durationNs, long sentBytes) {
        timeouts.add(request + " " + durationNs / 1_000_000 + " " + sentBytes);
    }

    @Override
    public void warning(String component, String detail) {
        warnings.add(component + ": " + detail);
    }
}

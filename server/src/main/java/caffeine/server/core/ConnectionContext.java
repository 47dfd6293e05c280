package caffeine.server.core;

import caffeine.http.HttpDate;
import caffeine.http.OutputBuffer;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.http.h1.HeadParser;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.ServerLimits;

import java.util.ArrayDeque;
import java.util.function.LongSupplier;

/**
 * Shared by all connections of one thread: settings, and buffers that are used during a call only,
 * so that an idle connection holds very little memory.
 */
public final class ConnectionContext {

    private static final int SPARE_PARSERS = 64;
    private static final long MILLIS_A_SECOND = 1000;
    private static final long NS_A_MILLI = 1_000_000;

    final ServerLimits limits;
    final Deadlines deadlines;
    final Handler handler;
    final ServerEvents events;
    final OutputBuffer output = new OutputBuffer();
    final InputBudget input;

    private final LongSupplier nowNs;
    private final LongSupplier epochMillis;
    private final HttpDate.Cache dates = new HttpDate.Cache();
    private byte[] date = {};
    private long dateUntilNs;
    private final ArrayDeque<HeadParser> parsers = new ArrayDeque<>();
    private ErrorPages errorPages = ErrorPages.NONE;
    private TrustedProxies proxies = TrustedProxies.NONE;

    /** Every response is the last one of its connection. */
    boolean draining;

    /**
     * @param nowNs the time of the loop's turn, for handlers between calls of the connection
     * @param epochMillis for the Date field
     */
    public ConnectionContext(
            ServerLimits limits,
            Deadlines deadlines,
            Handler handler,
            ServerEvents events,
            LongSupplier nowNs,
            LongSupplier epochMillis) {
        this(limits, deadlines, handler, events, nowNs, epochMillis, 1);
    }

    /**
     * For one of several threads of a process.
     *
     * @param threads how many threads of this process share the memory for requests
     */
    public ConnectionContext(
            ServerLimits limits,
            Deadlines deadlines,
            Handler handler,
            ServerEvents events,
            LongSupplier nowNs,
            LongSupplier epochMillis,
            int threads) {
        this.input = InputBudget.ofHeap(threads);
        this.limits = limits;
        this.deadlines = deadlines;
        this.handler = handler;
        this.events = events;
        this.nowNs = nowNs;
        this.epochMillis = epochMillis;
    }

    /** Answers errors with these pages from now on. */
    public void answerErrorsWith(ErrorPages pages) {
        errorPages = pages;
    }

    ErrorPages errorPages() {
        return errorPages;
    }

    /** Uses the forwarding fields of these proxies. Before the first connection. */
    public void trust(TrustedProxies trusted) {
        proxies = trusted;
    }

    TrustedProxies proxies() {
        return proxies;
    }

    long nowNs() {
        return nowNs.getAsLong();
    }

    /** The date of this turn. The clock of dates is read once a second, and not for each answer. */
    byte[] date() {
        long now = nowNs();
        if (date.length == 0 || now - dateUntilNs >= 0) {
            long millis = epochMillis.getAsLong();
            date = dates.at(Math.floorDiv(millis, MILLIS_A_SECOND));
            dateUntilNs =
                    now + (MILLIS_A_SECOND - Math.floorMod(millis, MILLIS_A_SECOND)) * NS_A_MILLI;
        }
        return date;
    }

    HeadParser leaseParser() {
        HeadParser parser = parsers.poll();
        return parser != null ? parser : new HeadParser(limits.http());
    }

    void returnParser(HeadParser parser) {
        parser.reset();
        if (parsers.size() < SPARE_PARSERS) {
            parsers.push(parser);
        }
    }

    /** From now on every response is the last one of its connection. */
    public void drain() {
        draining = true;
    }
}

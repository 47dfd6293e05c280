package caffeine.server.core;

import caffeine.http.HttpDate;
import caffeine.http.OutputBuffer;
import caffeine.http.forwarded.TrustedProxies;
import caffeine.http.h1.HeadParser;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.ServerLimits;

import org.jspecify.annotations.Nullable;

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
    final InputBudget input;

    private final LongSupplier nowNs;
    private final LongSupplier epochMillis;

    /** Null: that of the calling thread. */
    private final @Nullable Scratch own;

    private ErrorPages errorPages = ErrorPages.NONE;
    private TrustedProxies proxies = TrustedProxies.NONE;
    private boolean compresses;

    /** Every response is the last one of its connection. */
    volatile boolean draining;

    /** Used during a call only: one for each thread that drives connections. */
    private static final class Scratch {

        private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

        final OutputBuffer output = new OutputBuffer();
        final HttpDate.Cache dates = new HttpDate.Cache();
        byte[] date = {};
        long dateUntilNs;
        final ArrayDeque<HeadParser> parsers = new ArrayDeque<>();
    }

    /**
     * A context with all that a connection needs.
     *
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
        this(
                limits,
                deadlines,
                handler,
                events,
                nowNs,
                epochMillis,
                InputBudget.ofHeap(threads),
                new Scratch());
    }

    /** For connections that many threads drive, each connection one thread at a time. */
    public static ConnectionContext forManyThreads(
            ServerLimits limits,
            Deadlines deadlines,
            Handler handler,
            ServerEvents events,
            LongSupplier nowNs,
            LongSupplier epochMillis) {
        return new ConnectionContext(
                limits,
                deadlines,
                handler,
                events,
                nowNs,
                epochMillis,
                InputBudget.forManyThreads(),
                null);
    }

    private ConnectionContext(
            ServerLimits limits,
            Deadlines deadlines,
            Handler handler,
            ServerEvents events,
            LongSupplier nowNs,
            LongSupplier epochMillis,
            InputBudget input,
            @Nullable Scratch own) {
        this.input = input;
        this.own = own;
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

    /** Compresses responses whose handlers allow it. Before the first connection. */
    public void compress(boolean wanted) {
        compresses = wanted;
    }

    boolean compresses() {
        return compresses;
    }

    long nowNs() {
        return nowNs.getAsLong();
    }

    private Scratch scratch() {
        return own != null ? own : Scratch.OF_THREAD.get();
    }

    OutputBuffer output() {
        return scratch().output;
    }

    /** The time of this turn on the calendar, in seconds since 1970. */
    long epochSecond() {
        return Math.floorDiv(epochMillis.getAsLong(), MILLIS_A_SECOND);
    }

    /** The date of this turn. The clock of dates is read once a second, and not for each answer. */
    byte[] date() {
        Scratch kept = scratch();
        long now = nowNs();
        if (kept.date.length == 0 || now - kept.dateUntilNs >= 0) {
            long millis = epochMillis.getAsLong();
            kept.date = kept.dates.at(Math.floorDiv(millis, MILLIS_A_SECOND));
            kept.dateUntilNs =
                    now + (MILLIS_A_SECOND - Math.floorMod(millis, MILLIS_A_SECOND)) * NS_A_MILLI;
        }
        return kept.date;
    }

    HeadParser leaseParser() {
        HeadParser parser = scratch().parsers.poll();
        return parser != null ? parser : new HeadParser(limits.http());
    }

    void returnParser(HeadParser parser) {
        parser.reset();
        ArrayDeque<HeadParser> parsers = scratch().parsers;
        if (parsers.size() < SPARE_PARSERS) {
            parsers.push(parser);
        }
    }

    /** From now on every response is the last one of its connection. */
    public void drain() {
        draining = true;
    }
}

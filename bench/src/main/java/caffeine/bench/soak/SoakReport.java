package caffeine.bench.soak;

import caffeine.bench.report.Table;
import caffeine.bench.soak.Question.Kind;
import caffeine.bench.soak.Tally.Count;
import caffeine.bench.soak.Tally.Manner;
import caffeine.bench.stats.Trend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * What a soak has seen.
 *
 * @param engine of both servers
 * @param seconds how long it took
 * @param requests by kind
 * @param manners connections and requests by what the clients did
 * @param faults how often each was done
 * @param rests how often everything was measured at rest
 * @param accessLines in logs that were moved away
 * @param warnings lines of both logs from WARN on
 * @param servers what each held
 */
public record SoakReport(
        String engine,
        long seed,
        long seconds,
        Map<String, Requests> requests,
        Map<String, Long> manners,
        Map<String, Integer> faults,
        int rests,
        long accessLines,
        int warnings,
        List<Held> servers) {

    private static final int KIB = 1024;

    /**
     * Requests of one kind.
     *
     * @param whole with the right answer, every byte
     * @param lost with the worker that had them, which was killed
     * @param reset by the client
     */
    public record Requests(long whole, long lost, long reset, long bytesSent, long bytesReceived) {

        private static Requests of(Count count) {
            return new Requests(
                    count.whole, count.lost, count.reset, count.bytesSent, count.bytesReceived);
        }
    }

    /**
     * What a server held after the warm-up and at the end, and its memory then.
     *
     * @param heap alive after full collections, KiB
     * @param anonymous memory of its processes, KiB
     * @param pss of its processes, KiB
     */
    public record Held(
            String server,
            int processesBefore,
            int processesAfter,
            int descriptorsBefore,
            int descriptorsAfter,
            int threadsBefore,
            int threadsAfter,
            int filesBefore,
            int filesAfter,
            Growth heap,
            Growth anonymous,
            Growth pss) {}

    /**
     * A figure, KiB.
     *
     * @param grown over the second half, by the median slope
     * @param probability that figures without a trend look like this; not known of a few
     */
    public record Growth(
            long afterWarmUp, long middle, long end, double grown, double probability) {}

    /** Puts it together as it comes. */
    static final class Builder {
        /** More than chance explains, and more than this for each JVM: a leak. */
        private static final long HEAP_KIB = KIB;

        private static final long ANONYMOUS_KIB = 4 * KIB;

        /** A few figures show no trend, only a jump; compilers warm up in the meantime. */
        private static final long HEAP_JUMP_KIB = 8 * KIB;

        private static final long ANONYMOUS_JUMP_KIB = 48 * KIB;

        private final String engine;
        private final long seed;
        private final Map<SoakServer, List<Holdings>> holdings = new LinkedHashMap<>();
        private final Map<SoakServer, List<Footprint>> footprints = new LinkedHashMap<>();
        private final Tally tally = new Tally();
        private long lines;
        private int warnings;

        Builder(String engine, long seed, List<SoakServer> servers) {
            this.engine = engine;
            this.seed = seed;
            for (SoakServer server : servers) {
                holdings.put(server, new ArrayList<>());
                footprints.put(server, new ArrayList<>());
            }
        }

        void add(Tally of) {
            tally.add(of);
        }

        void lines(long more) {
            lines += more;
        }

        /** The log of a server that has ended: faults on purpose are no errors of its own. */
        void log(List<String> log) throws SoakFailure {
            warnings += (int) log.stream().filter(line -> line.contains(" WARN ")).count();
            for (String line : log) {
                if (line.contains("Exception") || line.contains("Error:")) {
                    throw new SoakFailure("the log says: " + line);
                }
            }
        }

        /** What a server holds and did not hold after the warm-up. */
        List<String> grown(SoakServer server, Holdings now) {
            List<Holdings> before = of(holdings, server);
            if (!before.isEmpty()) {
                return now.grownSince(before.getFirst());
            }
            int expected = server.kind().processes();
            List<String> still = new ArrayList<>(now.others());
            if (now.processes() != expected) {
                still.add("%d of %d processes".formatted(now.processes(), expected));
            }
            return still;
        }

        void rest(SoakServer server, Holdings held, Footprint footprint) {
            of(holdings, server).add(held);
            of(footprints, server).add(footprint);
        }

        String lastRest() {
            StringBuilder text = new StringBuilder();
            footprints.forEach(
                    (server, all) ->
                            text.append(
                                    "%s heap %d KiB, anonymous %d KiB; "
                                            .formatted(
                                                    server.kind().name(),
                                                    all.getLast().heapKib(),
                                                    all.getLast().anonymousKib())));
            return text.toString();
        }

        SoakReport build(Duration took, Map<Disturber.Fault, Integer> faults) throws SoakFailure {
            Map<String, Requests> requests = new LinkedHashMap<>();
            for (Kind kind : Kind.values()) {
                requests.put(kind.label, Requests.of(tally.of(kind)));
            }
            requests.put("all", Requests.of(tally.sum()));
            Map<String, Long> manners = new LinkedHashMap<>();
            for (Manner manner : Manner.values()) {
                manners.put(manner.label, tally.of(manner));
            }
            Map<String, Integer> done = new LinkedHashMap<>();
            faults.forEach((fault, count) -> done.put(fault.label(), count));
            List<Held> held = new ArrayList<>();
            for (SoakServer server : holdings.keySet()) {
                held.add(held(server));
            }
            int rests = holdings.values().iterator().next().size();
            return new SoakReport(
                    engine,
                    seed,
                    took.toSeconds(),
                    requests,
                    manners,
                    done,
                    rests,
                    lines,
                    warnings,
                    held);
        }

        private Held held(SoakServer server) throws SoakFailure {
            Holdings before = of(holdings, server).getFirst();
            Holdings after = of(holdings, server).getLast();
            List<Footprint> all = of(footprints, server);
            long jvms = all.getLast().jvms();
            String name = server.kind().name();
            Growth heap = growth(all, Footprint::heapKib);
            check(name + ": live heap", all, heap, jvms * HEAP_KIB, jvms * HEAP_JUMP_KIB);
            Growth anonymous = growth(all, Footprint::anonymousKib);
            check(
                    name + ": anonymous memory",
                    all,
                    anonymous,
                    jvms * ANONYMOUS_KIB,
                    jvms * ANONYMOUS_JUMP_KIB);
            return new Held(
                    name,
                    before.processes(),
                    after.processes(),
                    before.descriptorsInAll(),
                    after.descriptorsInAll(),
                    before.threadsInAll(),
                    after.threadsInAll(),
                    before.files().size(),
                    after.files().size(),
                    heap,
                    anonymous,
                    growth(all, Footprint::pssKib));
        }

        private static Growth growth(List<Footprint> all, ToLongFunction<Footprint> figure) {
            int half = all.size() / 2;
            Trend trend = trend(all, figure);
            return new Growth(
                    figure.applyAsLong(all.getFirst()),
                    figure.applyAsLong(all.get(half)),
                    figure.applyAsLong(all.getLast()),
                    trend.growth(),
                    trend.count() < Trend.FEWEST ? Double.NaN : trend.probability());
        }

        private static Trend trend(List<Footprint> all, ToLongFunction<Footprint> figure) {
            return Trend.of(
                    all.subList(all.size() / 2, all.size()).stream()
                            .map(f -> (double) figure.applyAsLong(f))
                            .toList());
        }

        private static void check(
                String what, List<Footprint> all, Growth growth, long trendKib, long jumpKib)
                throws SoakFailure {
            boolean trend = growth.probability < Trend.UNLIKELY && growth.grown > trendKib;
            if (trend || growth.end - growth.middle > jumpKib) {
                throw new SoakFailure(
                        ("%s grows: %d KiB after the warm-up, %d in the middle, %d at the end"
                                        + " (%d times measured; %.0f KiB over the second half,"
                                        + " p = %.4f)")
                                .formatted(
                                        what,
                                        growth.afterWarmUp,
                                        growth.middle,
                                        growth.end,
                                        all.size(),
                                        growth.grown,
                                        growth.probability));
            }
        }

        private static <T> List<T> of(Map<SoakServer, List<T>> map, SoakServer server) {
            return map.getOrDefault(server, List.of());
        }
    }

    /** The same as tables. */
    public String text() {
        Table kinds = new Table("request", "whole", "lost", "reset", "MiB sent", "MiB received");
        requests.forEach(
                (kind, r) ->
                        kinds.row(
                                List.of(
                                        kind,
                                        count(r.whole),
                                        count(r.lost),
                                        count(r.reset),
                                        mib(r.bytesSent),
                                        mib(r.bytesReceived))));
        Table held = new Table("held", "after warm-up", "at the end");
        Table memory = new Table("KiB", "after warm-up", "middle", "end", "second half", "p");
        for (Held h : servers) {
            held.row(row(h.server + ", processes", h.processesBefore, h.processesAfter));
            held.row(row(h.server + ", descriptors", h.descriptorsBefore, h.descriptorsAfter));
            held.row(row(h.server + ", threads", h.threadsBefore, h.threadsAfter));
            held.row(row(h.server + ", files", h.filesBefore, h.filesAfter));
            memory.row(row(h.server + ", live heap", h.heap));
            memory.row(row(h.server + ", anonymous", h.anonymous));
            memory.row(row(h.server + ", Pss", h.pss));
        }
        return """

        ### Soak: %s, %d s, seed %d

        %s
        Lost: the worker that had the request was killed, and docs/reliability.md has it so.
        Clients: %s.
        Faults: %s. At rest: %d times. Access lines in logs that were moved away: %s. Warnings \
        in both logs: %d.

        %s
        %s\
        """
                .formatted(
                        engine,
                        seconds,
                        seed,
                        kinds,
                        words(manners),
                        words(faults),
                        rests,
                        count(accessLines),
                        warnings,
                        held,
                        memory);
    }

    private static String words(Map<String, ? extends Number> counts) {
        List<String> words = new ArrayList<>();
        counts.forEach((what, n) -> words.add("%s: %s".formatted(what, count(n.longValue()))));
        return String.join("; ", words);
    }

    private static List<String> row(String what, long before, long after) {
        return List.of(what, count(before), count(after));
    }

    private static List<String> row(String what, Growth g) {
        return List.of(
                what,
                count(g.afterWarmUp),
                count(g.middle),
                count(g.end),
                String.format(Locale.ROOT, "%+.0f", g.grown),
                Double.isNaN(g.probability)
                        ? "–"
                        : String.format(Locale.ROOT, "%.3f", g.probability));
    }

    private static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    private static String mib(long bytes) {
        return String.format(Locale.ROOT, "%,.1f", bytes / (double) KIB / KIB);
    }
}

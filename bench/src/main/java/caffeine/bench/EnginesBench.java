package caffeine.bench;

import caffeine.bench.EnginesReport.Costs;
import caffeine.bench.EnginesReport.Rounds;
import caffeine.bench.client.Loader;
import caffeine.bench.host.ContextSwitches;
import caffeine.bench.host.MemoryUse;
import caffeine.bench.host.SystemCalls;
import caffeine.bench.server.Blocking;
import caffeine.bench.server.CaffeineHello;
import caffeine.bench.server.HandlerServer;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.server.engine.EngineDescription;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code bench/run engines}: our engines and nginx, one after the other under each load. All run at
 * the same time and are idle unless it is their turn; each round begins with another one.
 */
final class EnginesBench {
    /** Long enough to count, short enough for servers that strace slows down. */
    private static final Duration COUNTED = Duration.ofSeconds(1);

    private final Session session;
    private final EnginesSettings settings;
    private final Loader loader;
    private final List<Contestant> contestants = new ArrayList<>();

    EnginesBench(Session session, EnginesSettings settings)
            throws IOException, InterruptedException {
        this.session = session;
        this.settings = settings;
        loader = Loader.http(session.home(), session.cleanup());
    }

    /**
     * A server in its turns.
     *
     * @param engine null: nginx
     * @param blocking the same engine with a handler that blocks; null: there is none
     */
    private record Contestant(
            RunningServer server,
            @Nullable EngineDescription engine,
            @Nullable RunningServer blocking,
            Rounds rounds) {

        /** Where a load goes; null: it cannot have it. */
        @Nullable RunningServer of(EnginesWorkload workload) {
            return workload == EnginesWorkload.BLOCKED ? blocking : server;
        }
    }

    EnginesReport run() throws IOException, InterruptedException {
        try {
            start();
            Turns<Contestant> turns =
                    new Turns<>(
                            session,
                            contestants,
                            each -> each.server.kind().name(),
                            (each, what, why) -> each.rounds.note(what, why));
            turns.each("warm-up", this::warmUp);
            for (int round = 1; round <= settings.rounds; round++) {
                for (EnginesWorkload workload : EnginesWorkload.values()) {
                    turns.each(
                            workload.label,
                            round,
                            settings.rounds,
                            each -> measure(workload, each));
                }
            }
            turns.each("memory, system calls, context switches", this::measureCosts);
            return new EnginesReport(
                    settings.threads,
                    settings.seconds,
                    settings.rounds,
                    contestants.stream().map(each -> each.rounds.engine()).toList());
        } finally {
            for (Contestant each : contestants) {
                each.server.close();
                if (each.blocking != null) {
                    each.blocking.close();
                }
            }
        }
    }

    private void start() throws InterruptedException, IOException {
        for (ServerKind kind : session.kinds()) {
            EngineDescription engine = kind instanceof CaffeineHello ours ? ours.engine() : null;
            try {
                RunningServer server = session.start(kind, settings.threads, false, 0);
                loader.connect(server.port(), 1, 1).close(); // it looks at the answer
                Rounds rounds = new Rounds(kind.name());
                RunningServer blocking =
                        engine == null
                                ? null
                                : session.start(
                                        new HandlerServer(
                                                session.home(),
                                                engine,
                                                Blocking.class,
                                                engine.name() + "-blocking",
                                                "with a handler that blocks",
                                                List.of()),
                                        settings.threads,
                                        false,
                                        0);
                contestants.add(new Contestant(server, engine, blocking, rounds));
            } catch (IOException e) {
                session.leaveOut(kind.name(), Session.reason(e));
            }
        }
        if (contestants.isEmpty()) {
            throw new IOException("none of the servers could be started");
        }
    }

    private void warmUp(Contestant each) throws IOException, InterruptedException {
        for (EnginesWorkload workload :
                List.of(EnginesWorkload.PIPELINED, EnginesWorkload.BLOCKED)) {
            RunningServer server = each.of(workload);
            if (server != null) {
                try (Loader.Loading loading = connect(server, workload, each)) {
                    loading.run(settings.warmup());
                }
            }
        }
    }

    private Loader.Loading connect(
            RunningServer server, EnginesWorkload workload, Contestant contestant)
            throws IOException, InterruptedException {
        int connections = workload.connections(contestant.engine);
        return loader.connect(server.port(), connections, workload.depth);
    }

    private void measure(EnginesWorkload workload, Contestant each)
            throws IOException, InterruptedException {
        String obstacle = workload.obstacle(each.engine);
        RunningServer server = each.of(workload);
        if (obstacle != null || server == null) {
            each.rounds.note(workload.label, obstacle == null ? "it did not start" : obstacle);
            return;
        }
        try (Loader.Loading loading = connect(server, workload, each)) {
            long before = server.group().cpuMicros();
            Loader.Report report =
                    workload == EnginesWorkload.RATE
                            ? loading.runAtRate(settings.time(), rate(each, loading))
                            : loading.run(settings.time());
            double cpuMicros = (double) (server.group().cpuMicros() - before);
            each.rounds.add(workload, workload.connections(each.engine), report, cpuMicros);
        }
    }

    /**
     * 70 % of its rate with as many connections; where that is no workload, it is measured here.
     */
    private double rate(Contestant each, Loader.Loading loading)
            throws IOException, InterruptedException {
        double known = each.rounds.perSecond(EnginesWorkload.KEPT);
        double perSecond =
                Double.isNaN(known) ? loading.run(settings.time()).result().perSecond() : known;
        return EnginesWorkload.SHARE_OF_RATE * perSecond;
    }

    private void measureCosts(Contestant each) throws IOException, InterruptedException {
        RunningServer server = each.server;
        double switches;
        double pssMib;
        try (Loader.Loading loading = connect(server, EnginesWorkload.RATE, each)) {
            long before = ContextSwitches.of(server.group());
            long requests = loading.run(settings.time()).result().requests();
            switches = (double) (ContextSwitches.of(server.group()) - before) / requests;
            pssMib = MemoryUse.pssMib(server.group());
        }
        Map<String, Double> calls = Map.of();
        try {
            calls = calls(each);
        } catch (IOException e) {
            each.rounds.note("system calls", Session.reason(e));
        }
        each.rounds.add(new Costs(calls, switches, pssMib));
    }

    private Map<String, Double> calls(Contestant each) throws IOException, InterruptedException {
        long[] requests = {0};
        try (Loader.Loading loading = connect(each.server, EnginesWorkload.RATE, each)) {
            Map<String, Long> counted =
                    SystemCalls.during(
                            session.cleanup(),
                            each.server.group(),
                            () -> requests[0] = loading.run(COUNTED).result().requests());
            Map<String, Double> perRequest = new LinkedHashMap<>();
            counted.forEach((name, count) -> perRequest.put(name, (double) count / requests[0]));
            return perRequest;
        }
    }
}

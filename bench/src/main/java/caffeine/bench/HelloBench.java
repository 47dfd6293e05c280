package caffeine.bench;

import caffeine.bench.HelloSettings.Measure;
import caffeine.bench.client.LoadClient;
import caffeine.bench.client.LoadResult;
import caffeine.bench.client.Loader;
import caffeine.bench.host.JvmAllocation;
import caffeine.bench.host.MemoryUse;
import caffeine.bench.host.ProcessStat;
import caffeine.bench.host.SystemCalls;
import caffeine.bench.server.HelloKind;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.stats.Summary;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code bench/run hello}: servers that answer by themselves. All run at the same time and take
 * turns; each round begins with another one.
 */
final class HelloBench {
    /** Long enough to count, short enough for servers that strace slows down. */
    private static final Duration COUNTED = Duration.ofSeconds(1);

    private final Session session;
    private final HelloSettings settings;
    private final Loader loader;
    private final Optional<LoadClient> wrk;
    private final List<RunningServer> servers = new ArrayList<>();

    HelloBench(Session session, HelloSettings settings) throws IOException, InterruptedException {
        this.session = session;
        this.settings = settings;
        loader = Loader.http(session.home(), session.cleanup());
        wrk = session.clients().stream().findFirst();
    }

    HelloReport run() throws IOException, InterruptedException {
        try {
            startServers();
            HelloReport.Builder report = new HelloReport.Builder(servers, settings);
            Turns<RunningServer> turns =
                    new Turns<>(
                            session,
                            servers,
                            HelloBench::label,
                            (server, _, why) -> report.fail(server, why));
            turns.each("warm-up", this::warmUp);
            if (settings.measures(Measure.ALLOCATION)) {
                // First: the JVM's figures grow coarse with time.
                turns.each("allocation", server -> measureAllocation(server, report));
            }
            List<HelloWorkload> workloads = HelloWorkload.all(settings);
            for (int round = 1; round <= settings.rounds; round++) {
                for (HelloWorkload workload : workloads) {
                    turns.failingTo((server, _, why) -> report.cell(workload, server).fail(why))
                            .each(
                                    workload.label(),
                                    round,
                                    settings.rounds,
                                    each -> measure(workload, each, report.cell(workload, each)));
                }
            }
            if (settings.measures(Measure.MEMORY)) {
                turns.each("memory", server -> measureMemory(server, report));
            }
            if (settings.measures(Measure.CALLS)) {
                turns.each("system calls", server -> countSystemCalls(server, report));
            }
            return report.build();
        } finally {
            for (RunningServer server : servers) {
                server.close();
            }
        }
    }

    private void startServers() throws InterruptedException {
        for (ServerKind kind : session.kinds()) {
            try {
                RunningServer server = session.start(kind, settings.threads, false, 0);
                servers.add(server);
                // It looks at the answer.
                loader.connect(server.port(), 1, 1).close();
            } catch (IOException e) {
                servers.removeIf(server -> server.kind().equals(kind));
                session.leaveOut(kind.name(), Session.reason(e));
            }
        }
    }

    static String label(RunningServer server) {
        return server.kind() instanceof HelloKind kind ? kind.label() : server.kind().name();
    }

    private void warmUp(RunningServer server) throws IOException, InterruptedException {
        for (int depth : List.of(1, HelloWorkload.DEPTH)) {
            try (Loader.Loading loading =
                    loader.connect(server.port(), HelloWorkload.CONNECTIONS, depth)) {
                loading.run(settings.warmup());
            }
        }
    }

    private void measure(HelloWorkload workload, RunningServer server, HelloCell cell)
            throws IOException, InterruptedException {
        if (workload.measure() == Measure.KEPT && wrk.isPresent()) {
            measureByWrk(wrk.get(), workload, server, cell);
            return;
        }
        try (Loader.Loading loading =
                loader.connect(server.port(), workload.connections(), workload.depth())) {
            long before = server.group().cpuMicros();
            Loader.Report report = loading.run(settings.time());
            long after = server.group().cpuMicros();
            cell.add(report.result(), (double) (after - before), report.clientCpuMicros());
        }
    }

    private void measureByWrk(
            LoadClient client, HelloWorkload workload, RunningServer server, HelloCell cell)
            throws IOException, InterruptedException {
        double clientBefore = childrenMicros();
        long before = server.group().cpuMicros();
        LoadResult result =
                client.run(
                        server.uri(server.kind().modes().getFirst(), ""),
                        workload.connections(),
                        settings.time(),
                        0);
        long after = server.group().cpuMicros();
        cell.add(result, (double) (after - before), childrenMicros() - clientBefore);
    }

    /** CPU time of the programs that have been run and have ended. */
    private static double childrenMicros() {
        return ProcessStat.of(ProcessHandle.current().pid())
                .map(stat -> (double) stat.childrenMicros())
                .orElse(Double.NaN);
    }

    private void measureAllocation(RunningServer server, HelloReport.Builder report)
            throws IOException, InterruptedException {
        boolean isJvm =
                server.kind() instanceof HelloKind kind && kind.family() != HelloKind.Family.NGINX;
        if (isJvm) {
            report.add(
                    new HelloReport.Allocation(
                            label(server),
                            bytesPerRequest(server, 1),
                            bytesPerRequest(server, HelloWorkload.DEPTH)));
        }
    }

    private double bytesPerRequest(RunningServer server, int depth)
            throws IOException, InterruptedException {
        try (Loader.Loading loading =
                loader.connect(server.port(), HelloWorkload.CONNECTIONS, depth)) {
            double before = JvmAllocation.bytes(session.cleanup(), server.group());
            LoadResult result = loading.run(settings.time()).result();
            double after = JvmAllocation.bytes(session.cleanup(), server.group());
            return (after - before) / result.requests();
        }
    }

    private void measureMemory(RunningServer server, HelloReport.Builder report)
            throws IOException, InterruptedException {
        double kept = pssUnderLoad(server, 1);
        double pipelined = pssUnderLoad(server, HelloWorkload.DEPTH);
        double before = MemoryUse.pssMib(server.group());
        try (Loader.Loading _ = loader.connect(server.port(), settings.idle, 1)) {
            double idle = MemoryUse.pssMib(server.group());
            report.add(new HelloReport.Memory(label(server), kept, pipelined, before, idle));
        }
    }

    /** In the middle of it. */
    private double pssUnderLoad(RunningServer server, int depth)
            throws IOException, InterruptedException {
        List<Double> figures = new ArrayList<>();
        try (Loader.Loading loading =
                loader.connect(server.port(), HelloWorkload.CONNECTIONS, depth)) {
            loading.begin(settings.time());
            Thread.sleep(settings.time().dividedBy(2));
            figures.add(MemoryUse.pssMib(server.group()));
            loading.end();
            figures.add(MemoryUse.pssMib(server.group()));
        }
        return Summary.of(figures).max();
    }

    private void countSystemCalls(RunningServer server, HelloReport.Builder report)
            throws IOException, InterruptedException {
        report.add(
                new HelloReport.Calls(
                        label(server),
                        callsPerRequest(server, 1),
                        callsPerRequest(server, HelloWorkload.DEPTH)));
    }

    private Map<String, Double> callsPerRequest(RunningServer server, int depth)
            throws IOException, InterruptedException {
        long[] requests = {0};
        try (Loader.Loading loading =
                loader.connect(server.port(), HelloWorkload.CONNECTIONS, depth)) {
            Map<String, Long> calls =
                    SystemCalls.during(
                            session.cleanup(),
                            server.group(),
                            () -> requests[0] = loading.run(COUNTED).result().requests());
            Map<String, Double> perRequest = new LinkedHashMap<>();
            calls.forEach((name, count) -> perRequest.put(name, (double) count / requests[0]));
            return perRequest;
        }
    }
}

package caffeine.bench;

import caffeine.bench.client.Asking;
import caffeine.bench.client.LoadResult;
import caffeine.bench.host.MemoryUse;
import caffeine.bench.host.ProcessStat;
import caffeine.bench.host.SystemCalls;
import caffeine.bench.server.DocumentRoot;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.Script;
import caffeine.bench.server.ServerKind;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code bench/run scripts}: all servers run at the same time, and take turns. A round is every
 * workload for every server once, so that what else the machine does hits all of them alike; each
 * round begins with another server.
 */
final class ScriptsBench {
    private static final double KIB_PER_MIB = 1024;
    private static final int DEFAULT_ROUNDS = 5;
    private static final int DEFAULT_WORKERS = 2;

    private final Session session;
    private final Settings settings;
    private final List<Contender> contenders = new ArrayList<>();
    private final List<RunningServer> servers = new ArrayList<>();
    private final Map<Workload, Map<Contender, Cell>> cells = new LinkedHashMap<>();

    ScriptsBench(Session session, Settings settings) {
        this.session = session;
        this.settings = settings;
    }

    ScriptsReport run() throws IOException, InterruptedException {
        List<Workload> workloads = Workload.all(session, settings);
        try {
            startServers(Workload.scriptsAtOnce(workloads));
            for (Workload workload : workloads) {
                Map<Contender, Cell> row = new LinkedHashMap<>();
                contenders.forEach(contender -> row.put(contender, new Cell()));
                cells.put(workload, row);
            }
            forAll("warm-up", 0, this::warmUp);
            int rounds = settings.roundsOr(DEFAULT_ROUNDS);
            for (int round = 1; round <= rounds; round++) {
                forAll("round %d of %d".formatted(round, rounds), round, this::measure);
            }
            if (!settings.withoutStrace) {
                forAll("system calls", 0, this::countSystemCalls);
            }
            return ScriptsReport.of(cells);
        } finally {
            for (RunningServer server : servers) {
                server.close();
            }
        }
    }

    private void startServers(int scriptsAtOnce) throws IOException, InterruptedException {
        List<Boolean> logs =
                switch (settings.logs) {
                    case OFF -> List.of(false);
                    case ON -> List.of(true);
                    case BOTH -> List.of(false, true);
                };
        for (boolean logging : logs) {
            for (ServerKind kind : session.kinds()) {
                try {
                    int workers = settings.workersOr(DEFAULT_WORKERS);
                    RunningServer server = session.start(kind, workers, logging, scriptsAtOnce);
                    servers.add(server);
                    kind.modes().forEach(mode -> contenders.add(new Contender(server, mode)));
                } catch (IOException e) {
                    session.leaveOut(kind.name(), Session.reason(e));
                }
            }
        }
        for (Contender contender : contenders) {
            for (Script script : Script.values()) {
                if (Settings.chosen(settings.scripts, script.label)
                        && session.root().missing(script).isEmpty()) {
                    check(contender, script);
                }
            }
        }
    }

    /** A server that answers wrongly is quick to answer. */
    private static void check(Contender contender, Script script) throws IOException {
        try (Asking asking = new Asking(contender.uri(script.label), false)) {
            Asking.Answer answer = asking.ask();
            if (answer.status() != 200 || answer.contentBytes() != script.contentBytes) {
                throw new IOException(
                        "%s answers %s with status %d and %d bytes of content, not 200 and %d"
                                .formatted(
                                        contender.label(),
                                        script.label,
                                        answer.status(),
                                        answer.contentBytes(),
                                        script.contentBytes));
            }
        }
    }

    /** What is done with every contender under every workload. */
    @FunctionalInterface
    private interface Step {
        void run(Workload workload, Contender contender, Cell cell)
                throws IOException, InterruptedException;
    }

    private void forAll(String what, int round, Step step) throws InterruptedException {
        for (Map.Entry<Workload, Map<Contender, Cell>> entry : cells.entrySet()) {
            session.progress("%s: %s".formatted(what, entry.getKey().label()));
            List<Map.Entry<Contender, Cell>> turns = new ArrayList<>(entry.getValue().entrySet());
            Collections.rotate(turns, -round);
            for (Map.Entry<Contender, Cell> turn : turns) {
                try {
                    step.run(entry.getKey(), turn.getKey(), turn.getValue());
                } catch (IOException e) {
                    turn.getValue().fail(Session.reason(e));
                    session.progress(turn.getKey().label() + ": " + Session.reason(e));
                }
            }
        }
    }

    private void warmUp(Workload workload, Contender contender, Cell cell)
            throws IOException, InterruptedException {
        if (workload.sleepers() > 0) {
            return;
        }
        LoadResult result =
                workload.client()
                        .run(
                                contender.uri(workload.script().label),
                                workload.connections(),
                                Duration.ofSeconds(settings.warmupSeconds),
                                0);
        contender.server().settle(0);
        cell.expect(result.perSecond());
    }

    private void measure(Workload workload, Contender contender, Cell cell)
            throws IOException, InterruptedException {
        if (workload.sleepers() == 0) {
            measureNow(workload, contender, cell);
            return;
        }
        try (Sleepers _ = Sleepers.start(contender, workload.sleepers())) {
            measureNow(workload, contender, cell);
        }
        contender.server().settle(0);
    }

    private void measureNow(Workload workload, Contender contender, Cell cell)
            throws IOException, InterruptedException {
        RunningServer server = contender.server();
        long requests =
                settings.requestsOr(Math.round(cell.expectedPerSecond() * settings.seconds));
        long before = server.group().cpuMicros();
        LoadResult result =
                workload.client()
                        .run(
                                contender.uri(workload.script().label),
                                workload.connections(),
                                settings.time(),
                                requests);
        // Also for the memory: a script that is just being started still shows its server's.
        server.settle(workload.sleepers());
        double cpuMicros =
                server.group().countsEverybody()
                        ? (double) (server.group().cpuMicros() - before)
                        : Double.NaN;
        cell.add(result, cpuMicros, pssMib(server));
    }

    private static double pssMib(RunningServer server) throws IOException {
        long kib = 0;
        for (ProcessStat process : server.group().members()) {
            if (!process.command().equals(DocumentRoot.SLEEPER)) {
                kib += MemoryUse.of(process.pid()).map(MemoryUse::pssKib).orElse(0L);
            }
        }
        return kib / KIB_PER_MIB;
    }

    /** One request after the other, so that the same is counted every time. */
    private void countSystemCalls(Workload workload, Contender contender, Cell cell)
            throws IOException, InterruptedException {
        if (workload.forLatency()) {
            return;
        }
        boolean keepAlive = workload.client().name().equals("wrk");
        try (Asking asking = new Asking(contender.uri(workload.script().label), keepAlive)) {
            Map<String, Long> calls =
                    SystemCalls.during(
                            session.cleanup(),
                            contender.server().group(),
                            () -> {
                                for (int i = 0; i < settings.counted; i++) {
                                    asking.ask();
                                }
                                contender.server().settle(0);
                            });
            cell.systemCalls(calls, settings.counted);
        }
    }
}

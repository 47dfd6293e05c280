package caffeine.bench;

import caffeine.bench.client.LoadClient;
import caffeine.bench.client.LoadResult;
import caffeine.bench.host.MemoryUse;
import caffeine.bench.host.ProcessStat;
import caffeine.bench.report.Figures;
import caffeine.bench.report.Table;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.stats.Summary;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code bench/run memory}: what the processes of each server take when they have answered many
 * requests, half of them in each way to run scripts, if there are two.
 */
final class MemoryBench {
    private static final long DEFAULT_REQUESTS = 100_000;
    private static final int DEFAULT_WORKERS = 2;
    private static final double KIB_PER_MIB = 1024;

    private final Session session;
    private final Settings settings;
    private final List<OfProcesses> rows = new ArrayList<>();

    MemoryBench(Session session, Settings settings) {
        this.session = session;
        this.settings = settings;
    }

    /**
     * Processes that do the same.
     *
     * @param server whose
     * @param process the program, and whether it is the one that was started or one of its workers
     * @param count how many
     * @param privateMib unshared memory of each
     * @param pssMib of each: with its part of what is shared
     */
    record OfProcesses(
            String server, String process, int count, Summary privateMib, Summary pssMib) {}

    /**
     * What it found out.
     *
     * @param requests how many each server had answered
     * @param failed what went wrong, by server
     */
    record Report(long requests, List<OfProcesses> processes, Map<String, String> failed) {

        String text() {
            Table table =
                    new Table("server", "process", "count", "private MiB", "min–max", "Pss MiB");
            for (OfProcesses p : processes) {
                table.row(
                        List.of(
                                p.server,
                                p.process,
                                Integer.toString(p.count),
                                Figures.plain(p.privateMib.median()),
                                Figures.range(p.privateMib),
                                Figures.plain(p.pssMib.median())));
            }
            StringBuilder text = new StringBuilder();
            text.append("\n### Memory after %d requests\n\n".formatted(requests)).append(table);
            failed.forEach((server, what) -> text.append("\n%s: %s\n".formatted(server, what)));
            return text.toString();
        }
    }

    Report run() throws IOException, InterruptedException {
        LoadClient client =
                session.clients().stream()
                        .filter(c -> c.name().equals("ab"))
                        .findFirst()
                        .orElseThrow(() -> new IOException("memory needs ab: it can count"));
        long requests = settings.requestsOr(DEFAULT_REQUESTS);
        Map<String, String> failed = new LinkedHashMap<>();
        for (ServerKind kind : session.kinds()) {
            session.progress("memory: %d requests to %s".formatted(requests, kind.name()));
            int workers = settings.workersOr(DEFAULT_WORKERS);
            try (RunningServer server = session.start(kind, workers, false, settings.concurrency)) {
                for (ServerKind.Mode mode : kind.modes()) {
                    LoadResult result =
                            client.run(
                                    server.uri(mode, session.root().simplest().label),
                                    settings.concurrency,
                                    settings.time(),
                                    requests / kind.modes().size());
                    if (result.failed() > 0) {
                        failed.put(mode.label(), result.failures());
                    }
                }
                server.settle(0);
                look(server);
            } catch (IOException e) {
                session.leaveOut(kind.name(), Session.reason(e));
            }
        }
        return new Report(requests, rows, failed);
    }

    private void look(RunningServer server) throws IOException {
        List<ProcessStat> members = server.group().members();
        Set<Long> all = members.stream().map(ProcessStat::pid).collect(Collectors.toSet());
        Map<String, List<MemoryUse>> byRole = new LinkedHashMap<>();
        for (ProcessStat process : members) {
            String role =
                    process.command() + (all.contains(process.parent()) ? ", worker" : ", parent");
            MemoryUse.of(process.pid())
                    .ifPresent(
                            use -> byRole.computeIfAbsent(role, _ -> new ArrayList<>()).add(use));
        }
        byRole.forEach(
                (role, uses) ->
                        rows.add(
                                new OfProcesses(
                                        server.kind().name(),
                                        role,
                                        uses.size(),
                                        mib(uses.stream().map(MemoryUse::privateKib).toList()),
                                        mib(uses.stream().map(MemoryUse::pssKib).toList()))));
    }

    private static Summary mib(List<Long> kib) {
        return Summary.of(kib.stream().map(k -> k / KIB_PER_MIB).toList());
    }
}

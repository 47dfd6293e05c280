package caffeine.bench;

import caffeine.bench.client.LoadResult;
import caffeine.bench.client.Wrk;
import caffeine.bench.host.Tools;
import caffeine.bench.server.CaffeineFiles;
import caffeine.bench.server.FileSite;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.stats.Summary;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * {@code bench/run files}: the same files, sent by each server. All servers run at the same time,
 * and are idle unless it is their turn; each round begins with another one.
 */
final class FilesBench {

    private final Session session;
    private final FilesSettings settings;
    private final Wrk wrk;
    private final TreeSet<String> notes = new TreeSet<>();

    FilesBench(Session session, FilesSettings settings) throws IOException {
        this.session = session;
        this.settings = settings;
        Path program =
                Tools.find("wrk")
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                "wrk is needed (Debian: apt-get install wrk)"));
        wrk = new Wrk(program, session.cleanup());
    }

    /** A server in its turns. */
    private record Contestant(RunningServer server, Map<FilesWorkload, Rounds> rounds) {

        String name() {
            return server.kind().name();
        }

        FilesReport.Server result() {
            Map<FilesWorkload, FilesReport.Figure> figures = new EnumMap<>(FilesWorkload.class);
            rounds.forEach((workload, each) -> figures.put(workload, each.figure()));
            return new FilesReport.Server(name(), server.kind() instanceof CaffeineFiles, figures);
        }
    }

    /** What the rounds of one load have shown. */
    private static final class Rounds {
        private final List<Double> perSecond = new ArrayList<>();
        private final List<Double> cpuMicros = new ArrayList<>();

        void add(LoadResult result, double cpuMicrosInAll) {
            perSecond.add(result.perSecond());
            cpuMicros.add(result.requests() == 0 ? Double.NaN : cpuMicrosInAll / result.requests());
        }

        FilesReport.Figure figure() {
            return new FilesReport.Figure(Summary.of(perSecond), Summary.of(cpuMicros));
        }
    }

    FilesReport run() throws IOException, InterruptedException {
        List<Contestant> contestants = new ArrayList<>();
        try {
            for (ServerKind kind : session.kinds()) {
                start(kind, contestants);
            }
            Turns<Contestant> turns =
                    new Turns<>(
                            session,
                            contestants,
                            Contestant::name,
                            (each, what, why) ->
                                    notes.add("%s, %s: %s".formatted(each.name(), what, why)));
            List<FilesWorkload> workloads = settings.workloads();
            for (FilesWorkload workload : workloads) {
                turns.each(
                        "warm-up, " + workload.label,
                        each -> load(each, workload, settings.warmup()));
            }
            for (int round = 1; round <= settings.rounds; round++) {
                for (FilesWorkload workload : workloads) {
                    turns.each(
                            workload.label,
                            round,
                            settings.rounds,
                            each -> measure(each, workload));
                }
            }
            return new FilesReport(
                    settings.threads,
                    settings.seconds,
                    settings.rounds,
                    workloads,
                    contestants.stream().map(Contestant::result).toList(),
                    List.copyOf(notes));
        } finally {
            for (Contestant each : contestants) {
                each.server.close();
            }
        }
    }

    private void start(ServerKind kind, List<Contestant> contestants) throws InterruptedException {
        try {
            RunningServer server = session.start(kind, FileSite.SMALL, settings.threads);
            contestants.add(new Contestant(server, new EnumMap<>(FilesWorkload.class)));
        } catch (IOException e) {
            session.leaveOut(kind.name(), Session.reason(e));
        }
    }

    private void measure(Contestant each, FilesWorkload workload)
            throws IOException, InterruptedException {
        long before = each.server.group().cpuMicros();
        LoadResult result = load(each, workload, settings.time());
        double cpuMicros = (double) (each.server.group().cpuMicros() - before);
        each.rounds.computeIfAbsent(workload, _ -> new Rounds()).add(result, cpuMicros);
        if (result.failed() > 0) {
            notes.add("%s, %s: %s".formatted(each.name(), workload.label, result.failures()));
        }
    }

    private LoadResult load(Contestant each, FilesWorkload workload, Duration time)
            throws IOException, InterruptedException {
        URI target = each.server.uri(each.server.kind().modes().getFirst(), workload.file);
        List<String> options = new ArrayList<>();
        if (workload == FilesWorkload.NOT_MODIFIED) {
            options.addAll(List.of("-H", "If-None-Match: " + entityTag(target)));
        }
        String script = workload.script();
        if (script != null) {
            Path file = session.cleanup().newFile("requests.lua");
            options.addAll(List.of("-s", Files.writeString(file, script).toString()));
        }
        return wrk.run(target, workload.connections, time, options);
    }

    private static String entityTag(URI target) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
        try {
            String tag = connection.getHeaderField("ETag");
            if (tag == null) {
                throw new IOException("no ETag of " + target);
            }
            return tag;
        } finally {
            connection.disconnect();
        }
    }
}

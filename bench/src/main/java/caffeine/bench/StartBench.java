package caffeine.bench;

import caffeine.bench.host.Command;
import caffeine.bench.report.Figures;
import caffeine.bench.report.Table;
import caffeine.bench.server.CaffeineServer;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.stats.Summary;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code bench/run start}: from a server's command to its first answer, and what it takes our
 * command to say something and end. A shell that puts the server into its group comes first, for
 * every server: 2 ms or so.
 */
final class StartBench {
    private static final int DEFAULT_ROUNDS = 10;
    private static final int DEFAULT_WORKERS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final List<String> QUESTIONS = List.of("--help", "--version");

    private final Session session;
    private final Settings settings;
    private final Map<String, List<Double>> millis = new LinkedHashMap<>();

    StartBench(Session session, Settings settings) {
        this.session = session;
        this.settings = settings;
    }

    /**
     * What it found out.
     *
     * @param millis of each thing that was started
     * @param imageMb the size of what is installed; 0 when ./build.sh has not made it
     */
    record Report(Map<String, Summary> millis, double imageMb) {

        String text() {
            Table table = new Table("what", "median ms", "min", "max", "rounds");
            millis.forEach(
                    (what, summary) ->
                            table.row(
                                    List.of(
                                            what,
                                            Figures.plain(summary.median()),
                                            Figures.plain(summary.min()),
                                            Figures.plain(summary.max()),
                                            Integer.toString(summary.count()))));
            String size =
                    imageMb == 0
                            ? "Nothing is built to be installed (./build.sh).\n"
                            : "What is installed has %.1f MB.\n".formatted(imageMb);
            return "\n### Start\n\n" + table + "\n" + size;
        }
    }

    Report run() throws IOException, InterruptedException {
        int rounds = settings.roundsOr(DEFAULT_ROUNDS);
        int workers = settings.workersOr(DEFAULT_WORKERS);
        Installed installed = Installed.in(session.launcher(), session.cleanup());
        for (int round = 1; round <= rounds; round++) {
            session.progress("start: round %d of %d".formatted(round, rounds));
            for (ServerKind kind : session.kinds()) {
                start(kind, workers);
            }
            if (session.kinds().stream()
                    .anyMatch(kind -> kind.name().equals(CaffeineServer.NAME))) {
                for (String question : QUESTIONS) {
                    ask(question);
                }
                if (installed != null) {
                    installed.measure(workers, this::add);
                }
            }
        }
        Map<String, Summary> summaries = new LinkedHashMap<>();
        millis.forEach((what, figures) -> summaries.put(what, Summary.of(figures)));
        return new Report(summaries, installed == null ? 0 : installed.megabytes());
    }

    private void start(ServerKind kind, int workers) throws InterruptedException {
        String what = "%s, %d workers, to the first answer".formatted(kind.name(), workers);
        try (RunningServer server = session.start(kind, workers, false, settings.concurrency)) {
            add(what, server.startMillis());
        } catch (IOException e) {
            session.leaveOut(kind.name(), Session.reason(e));
        }
    }

    private void ask(String question) throws IOException, InterruptedException {
        List<String> command = List.of(session.launcher().toString(), question);
        long startNs = System.nanoTime();
        Command ran = Command.run(session.cleanup(), PATIENCE, command);
        double took = (System.nanoTime() - startNs) / 1e6;
        if (ran.status() != 0) {
            throw new IOException("./caffeine " + question + " failed:\n" + ran.text());
        }
        add("./caffeine " + question, took);
    }

    private void add(String what, double took) {
        millis.computeIfAbsent(what, _ -> new ArrayList<>()).add(took);
    }
}

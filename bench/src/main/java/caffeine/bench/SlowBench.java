package caffeine.bench;

import caffeine.bench.client.Asking;
import caffeine.bench.client.SlowHttpTest;
import caffeine.bench.client.SlowHttpTest.Mode;
import caffeine.bench.host.Tools;
import caffeine.bench.report.Figures;
import caffeine.bench.report.Table;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.stats.Summary;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code bench/run slow}: what a quick client gets while many others are slow on purpose. All
 * servers run at the same time and are attacked one after the other; each round begins with another
 * one.
 */
final class SlowBench {
    private static final int WORKERS = 2;
    private static final long PAUSE_NS = 2_000_000;
    private static final int WARM_UP = 2_000;
    private static final double MILLI = 1e6;
    private static final String NGINX = "nginx";

    private final Session session;
    private final SlowSettings settings;
    private final SlowHttpTest slow;

    SlowBench(Session session, SlowSettings settings) throws IOException {
        this.session = session;
        this.settings = settings;
        slow =
                new SlowHttpTest(
                        Tools.find("slowhttptest")
                                .orElseThrow(
                                        () ->
                                                new IOException(
                                                        "slowhttptest is not installed (Debian:"
                                                            + " apt-get install slowhttptest)")),
                        session.cleanup());
    }

    /**
     * What the quick client got of one server under one attack; latencies are of the rounds.
     *
     * @param attack how the others were slow
     * @param connected how many of them at one time, at most
     * @param ratio of the median p99 to nginx's
     */
    record Result(
            String attack,
            String server,
            int connected,
            long requests,
            long failed,
            Summary p50Millis,
            Summary p99Millis,
            double ratio) {

        private Result toNginx(double p99) {
            return new Result(
                    attack,
                    server,
                    connected,
                    requests,
                    failed,
                    p50Millis,
                    p99Millis,
                    p99Millis.median() / p99);
        }
    }

    /** What it found out. */
    record Report(int connections, int seconds, int rounds, List<Result> results) {

        String text() {
            Table table =
                    new Table(
                            "attack",
                            "server",
                            "slow clients",
                            "requests",
                            "failed",
                            "p50 ms",
                            "p99 ms",
                            "min–max",
                            "to nginx");
            for (Result r : results) {
                table.row(
                        List.of(
                                r.attack,
                                r.server,
                                Integer.toString(r.connected),
                                Long.toString(r.requests),
                                Long.toString(r.failed),
                                Figures.plain(r.p50Millis.median()),
                                Figures.plain(r.p99Millis.median()),
                                Figures.range(r.p99Millis),
                                Figures.ratio(r.ratio)));
            }
            return """

            ### A quick client beside slow ones

            %d slow clients by slowhttptest, %d s for each attack, %d rounds; the quick client \
            connects for each request.

            %s\
            """
                    .formatted(connections, seconds, rounds, table);
        }
    }

    /** Figures of one server under one attack as they come. */
    private static final class Cell {
        private final List<Double> p50 = new ArrayList<>();
        private final List<Double> p99 = new ArrayList<>();
        private int connected;
        private long requests;
        private long failed;

        Result result(String attack, String server) {
            return new Result(
                    attack,
                    server,
                    connected,
                    requests,
                    failed,
                    Summary.of(p50),
                    Summary.of(p99),
                    Double.NaN);
        }
    }

    Report run() throws IOException, InterruptedException {
        List<RunningServer> servers = new ArrayList<>();
        try {
            for (ServerKind kind : session.kinds()) {
                RunningServer server = session.start(kind, WORKERS, false, 0);
                servers.add(server);
                for (int i = 0; i < WARM_UP; i++) {
                    ask(uri(server));
                }
            }
            return measure(servers);
        } finally {
            for (RunningServer server : servers) {
                server.close();
            }
        }
    }

    private Report measure(List<RunningServer> servers) throws IOException, InterruptedException {
        List<@Nullable Mode> attacks = new ArrayList<>();
        attacks.add(null);
        Collections.addAll(attacks, Mode.values());
        Map<String, Map<String, Cell>> cells = new LinkedHashMap<>();
        for (int round = 1; round <= settings.rounds; round++) {
            for (@Nullable Mode mode : attacks) {
                String attack = mode == null ? "none" : mode.label;
                session.progress("round %d of %d: %s".formatted(round, settings.rounds, attack));
                List<RunningServer> turns = new ArrayList<>(servers);
                Collections.rotate(turns, -round);
                for (RunningServer server : turns) {
                    attack(
                            server,
                            mode,
                            cells.computeIfAbsent(attack, _ -> new LinkedHashMap<>())
                                    .computeIfAbsent(label(server), _ -> new Cell()));
                }
            }
        }
        List<Result> results = new ArrayList<>();
        cells.forEach(
                (attack, byServer) -> {
                    Cell nginx = byServer.get(NGINX);
                    double p99 = nginx == null ? Double.NaN : Summary.of(nginx.p99).median();
                    servers.forEach(
                            server -> {
                                Cell cell = byServer.get(label(server));
                                if (cell != null) {
                                    results.add(cell.result(attack, label(server)).toNginx(p99));
                                }
                            });
                });
        return new Report(settings.connections, settings.seconds, settings.rounds, results);
    }

    private static String label(RunningServer server) {
        return server.kind().modes().getFirst().label();
    }

    private static URI uri(RunningServer server) {
        return server.uri(server.kind().modes().getFirst(), "");
    }

    private static boolean ask(URI uri) {
        try (Asking client = new Asking(uri, false)) {
            Asking.Answer answer = client.ask();
            return answer.status() == 200 && answer.contentBytes() == 13;
        } catch (IOException _) {
            return false;
        }
    }

    /** The attack begins anew when the server has got rid of it before the time is over. */
    private void attack(RunningServer server, @Nullable Mode mode, Cell cell)
            throws IOException, InterruptedException {
        long endNs = System.nanoTime() + settings.time().toNanos();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> attacking =
                    threads.submit(() -> mode == null ? 0 : keepAttacking(server, mode, endNs));
            List<Double> millis = new ArrayList<>();
            while (System.nanoTime() - endNs < 0) {
                long startNs = System.nanoTime();
                boolean whole = ask(uri(server));
                millis.add((System.nanoTime() - startNs) / MILLI);
                cell.requests++;
                cell.failed += whole ? 0 : 1;
                LockSupport.parkNanos(PAUSE_NS);
            }
            Collections.sort(millis);
            cell.p50.add(millis.get(millis.size() / 2));
            cell.p99.add(millis.get((int) (millis.size() * 0.99)));
            cell.connected = Math.max(cell.connected, attacking.get());
        } catch (ExecutionException e) {
            throw new IOException("slowhttptest: " + e.getCause(), e);
        }
    }

    private int keepAttacking(RunningServer server, Mode mode, long endNs)
            throws IOException, InterruptedException {
        int connected = 0;
        for (long left; (left = endNs - System.nanoTime()) > 0; ) {
            connected =
                    Math.max(
                            connected,
                            slow.run(
                                    uri(server),
                                    mode,
                                    settings.connections,
                                    Duration.ofNanos(left)));
        }
        return connected;
    }
}

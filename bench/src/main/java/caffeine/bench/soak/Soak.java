package caffeine.bench.soak;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Waiting;
import caffeine.server.engine.EngineDescription;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * {@code bench/run soak}, for one engine: two servers, one with scripts and one without, under a
 * mix of requests and faults. It goes in cycles: load with faults in its first part, then rest. At
 * rest everything that the first cycle did not hold must have been given back, and memory is
 * measured.
 */
public final class Soak {
    /** A cycle at least as long as this lets new workers warm up. */
    private static final Duration SHORTEST = Duration.ofSeconds(4);

    private static final Duration LONGEST = Duration.ofSeconds(24);
    private static final int CYCLES = 30;

    /** The first cycle is the warm-up; two more are the least that can be compared. */
    private static final int FEWEST_CYCLES = 3;

    private final Path home;
    private final SoakSettings settings;
    private final EngineDescription engine;
    private final Cleanup cleanup;
    private final Consumer<String> progress;
    private final long startNs = System.nanoTime();
    private final List<SoakFailure> failures = new CopyOnWriteArrayList<>();

    /**
     * A soak.
     *
     * @param home the root of the repository
     * @param progress hears what goes on
     */
    public Soak(
            Path home,
            SoakSettings settings,
            EngineDescription engine,
            Cleanup cleanup,
            Consumer<String> progress) {
        this.home = home;
        this.settings = settings;
        this.engine = engine;
        this.cleanup = cleanup;
        this.progress = progress;
    }

    /**
     * Runs it.
     *
     * @throws SoakFailure with what went wrong, when, and how to see it again
     */
    public SoakReport run() throws IOException, InterruptedException, SoakFailure {
        settings.check();
        Path folder = Files.createDirectory(cleanup.newFile("soak-" + engine.name()));
        Path root = folder.resolve("root");
        boolean python =
                DocumentScripts.write(root, home.resolve("bench/src/main/c/soak.c"), cleanup);
        List<SoakServer> servers = new ArrayList<>();
        try {
            for (boolean hello : List.of(false, true)) {
                servers.add(
                        SoakServer.start(
                                new SoakServer.Kind(home.resolve("caffeine"), engine, hello),
                                root,
                                folder.resolve(hello ? "hello" : "scripts"),
                                cleanup));
            }
            return load(servers, python);
        } catch (SoakFailure e) {
            throw new SoakFailure(
                    "%s: %s; to see it again: bench/run soak --engine %s --minutes %s"
                                    .formatted(
                                            engine.name(),
                                            e.getMessage(),
                                            engine.name(),
                                            settings.minutes)
                            + " --seed "
                            + settings.seedOrAny());
        } finally {
            for (SoakServer server : servers) {
                server.close();
            }
        }
    }

    private SoakReport load(List<SoakServer> servers, boolean python)
            throws IOException, InterruptedException, SoakFailure {
        SplittableRandom random = new SplittableRandom(settings.seedOrAny());
        Kills kills = new Kills();
        Disturber disturber = new Disturber(random.split(), servers, kills);
        List<SoakClient> clients = new ArrayList<>();
        for (int i = 1; i <= settings.clients; i++) {
            clients.add(
                    new SoakClient(
                            i, random.split(), python, servers.get(0), servers.get(1), kills));
        }
        SoakReport.Builder report =
                new SoakReport.Builder(engine.name(), settings.seedOrAny(), servers);
        Duration cycle = clamp(settings.time().dividedBy(CYCLES));
        long endNs = startNs + settings.time().toNanos();
        for (int i = 0; i < FEWEST_CYCLES || System.nanoTime() - endNs < 0; i++) {
            cycle(clients, disturber, cycle);
            rest(servers, report);
            progress.accept(
                    "soak: %s: %d s: %s".formatted(engine.name(), seconds(), report.lastRest()));
        }
        for (SoakServer server : servers) {
            server.stop();
            report.log(server.log());
        }
        clients.forEach(client -> report.add(client.tally()));
        return report.build(Duration.ofNanos(System.nanoTime() - startNs), disturber.done());
    }

    private long seconds() {
        return Duration.ofNanos(System.nanoTime() - startNs).toSeconds();
    }

    private static Duration clamp(Duration cycle) {
        return cycle.compareTo(SHORTEST) < 0
                ? SHORTEST
                : cycle.compareTo(LONGEST) > 0 ? LONGEST : cycle;
    }

    /** Load, and faults, until the time is over and the last answer has come. */
    private void cycle(List<SoakClient> clients, Disturber disturber, Duration length)
            throws InterruptedException, SoakFailure {
        long beginNs = System.nanoTime();
        long endNs = beginNs + length.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (SoakClient client : clients) {
            threads.add(
                    start(
                            client::place,
                            () -> {
                                while (System.nanoTime() - endNs < 0 && failures.isEmpty()) {
                                    client.step();
                                }
                            }));
        }
        threads.add(start(() -> "faults", () -> disturber.run(beginNs, length.toNanos())));
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }

    /** Work of a thread. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException, InterruptedException, SoakFailure;
    }

    private Thread start(Supplier<String> where, Work work) {
        return Thread.ofPlatform()
                .start(
                        () -> {
                            try {
                                work.run();
                            } catch (Exception e) {
                                String what =
                                        e instanceof SoakFailure ? e.getMessage() : e.toString();
                                failures.add(
                                        new SoakFailure(
                                                "%s (%s, after %d s)"
                                                        .formatted(what, where.get(), seconds())));
                            }
                        });
    }

    /** Waits until nothing is held any more that was not held after the warm-up; measures. */
    private void rest(List<SoakServer> servers, SoakReport.Builder report)
            throws IOException, InterruptedException, SoakFailure {
        for (SoakServer server : servers) {
            server.checkAlive();
            report.lines(server.removeRotated());
            AtomicReference<List<String>> grown = new AtomicReference<>(List.of());
            boolean settled =
                    Waiting.until(
                            SoakServer.PATIENCE,
                            () ->
                                    Holdings.quietly(
                                            () -> {
                                                Holdings now = Holdings.of(server);
                                                grown.set(report.grown(server, now));
                                                return grown.get().isEmpty();
                                            }));
            if (!settled) {
                throw new SoakFailure(
                        "%s holds what it did not hold after the warm-up: %s"
                                .formatted(server.kind().name(), grown.get()));
            }
        }
        // First: jcmd has each JVM open a socket, once.
        List<Footprint> footprints = Footprint.of(servers, cleanup);
        for (int i = 0; i < servers.size(); i++) {
            report.rest(servers.get(i), Holdings.of(servers.get(i)), footprints.get(i));
        }
    }
}

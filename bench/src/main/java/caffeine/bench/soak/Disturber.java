package caffeine.bench.soak;

import caffeine.bench.server.CaffeineHello;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** What is done to servers under load, at times that follow from the seed. */
final class Disturber {

    /** What is done. */
    enum Fault {
        /** SIGHUP. */
        RELOAD,
        /** SIGUSR1, after the log was moved away. */
        ROTATE,
        /** SIGKILL to a worker. */
        KILL;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** They come in the first part of a cycle, so that in its end all workers have warmed up. */
    private static final double LATEST = 0.6;

    private static final int KILLS = 2;

    private final RandomGenerator random;
    private final List<SoakServer> servers;
    private final Kills kills;
    private final Map<Fault, Integer> done = new EnumMap<>(Fault.class);

    Disturber(RandomGenerator random, List<SoakServer> servers, Kills kills) {
        this.random = random;
        this.servers = servers;
        this.kills = kills;
    }

    private record Planned(double at, Fault fault, SoakServer server, int which) {}

    /** The faults of one cycle. */
    private List<Planned> plan() {
        List<Planned> plan = new ArrayList<>();
        for (SoakServer server : servers) {
            plan.add(planned(Fault.RELOAD, server));
            plan.add(planned(Fault.ROTATE, server));
            for (int i = 0; i < KILLS && CaffeineHello.hasWorkers(server.kind().engine()); i++) {
                plan.add(planned(Fault.KILL, server));
            }
        }
        plan.sort(Comparator.comparingDouble(Planned::at));
        return plan;
    }

    private Planned planned(Fault fault, SoakServer server) {
        return new Planned(
                random.nextDouble(LATEST), fault, server, random.nextInt(Integer.MAX_VALUE));
    }

    /** Does what is planned for a cycle of that length. */
    void run(long beginNs, long lengthNs) throws IOException, InterruptedException, SoakFailure {
        for (Planned planned : plan()) {
            long dueNs = beginNs + (long) (planned.at * lengthNs);
            for (long left; (left = dueNs - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(left);
            }
            if (apply(planned)) {
                done.merge(planned.fault, 1, Integer::sum);
            }
        }
    }

    private boolean apply(Planned planned) throws IOException, InterruptedException, SoakFailure {
        planned.server.checkAlive();
        switch (planned.fault) {
            case RELOAD -> planned.server.reload();
            case ROTATE -> planned.server.rotate();
            case KILL -> {
                return planned.server.killWorker(planned.which, kills);
            }
        }
        return true;
    }

    /** How often each was done. */
    Map<Fault, Integer> done() {
        return done;
    }
}

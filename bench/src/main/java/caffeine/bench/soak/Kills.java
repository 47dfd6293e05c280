package caffeine.bench.soak;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Workers that were killed, and so which requests may be lost (docs/reliability.md). */
final class Kills {
    private final List<Kill> kills = new CopyOnWriteArrayList<>();

    /** One of them. */
    static final class Kill {
        private final SoakServer server;
        private volatile long goneNs = Long.MAX_VALUE;

        private Kill(SoakServer server) {
            this.server = server;
        }

        /** It has gone, and its parent has reaped it. */
        void gone() {
            goneNs = System.nanoTime();
        }
    }

    /** The signal is about to be sent. */
    Kill begin(SoakServer server) {
        Kill kill = new Kill(server);
        kills.add(kill);
        return kill;
    }

    /**
     * Whether the end of a connection, seen now, may come from the death of its worker.
     *
     * @param openedNs when it was connected
     * @param provenNs when the last request was sent that got its whole answer on it
     */
    boolean explain(SoakServer server, long openedNs, long provenNs) {
        return kills.stream()
                .anyMatch(
                        kill ->
                                kill.server == server
                                        && openedNs <= kill.goneNs
                                        && provenNs <= kill.goneNs);
    }
}

package caffeine.bench;

import caffeine.bench.client.Asking;
import caffeine.bench.host.Killing;
import caffeine.bench.host.ProcessStat;
import caffeine.bench.host.Waiting;
import caffeine.bench.server.DocumentRoot;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Scripts that run and do nothing, each for a client that waits for it. */
final class Sleepers implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int SECONDS = 3_600;

    private final Contender contender;
    private final List<Asking> clients = new ArrayList<>();

    private Sleepers(Contender contender) {
        this.contender = contender;
    }

    /** Starts so many, and returns when they sleep. */
    static Sleepers start(Contender contender, int count) throws IOException {
        Sleepers sleepers = new Sleepers(contender);
        try {
            URI uri = URI.create(contender.uri(DocumentRoot.SLEEPER) + "?" + SECONDS);
            for (int i = 0; i < count; i++) {
                Asking client = new Asking(uri, false);
                sleepers.clients.add(client);
                client.begin();
            }
            if (!Waiting.until(PATIENCE, () -> sleepers.running().size() >= count)) {
                throw new IOException(
                        "only %d of %d scripts run".formatted(sleepers.running().size(), count));
            }
        } catch (IOException | RuntimeException e) {
            sleepers.close();
            throw e;
        }
        return sleepers;
    }

    private List<ProcessStat> running() {
        try {
            return contender.server().running(DocumentRoot.SLEEPER);
        } catch (IOException _) {
            return List.of();
        }
    }

    @Override
    public void close() throws IOException {
        for (Asking client : clients) {
            client.close();
        }
        // Some servers end a script when its client has gone, others wait for it.
        Waiting.until(
                PATIENCE,
                () -> {
                    List<ProcessStat> left = running();
                    Killing.kill(left);
                    return left.isEmpty();
                });
    }
}

package caffeine.conformance.harness;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A few clients, each with one connection at a time, asking for one thing. */
public final class Load {

    private final Server server;
    private final String request;
    private final List<Thread> clients = new ArrayList<>();
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean stopping;

    private Load(Server server, String request) {
        this.server = server;
        this.request = request;
    }

    /** Clients that keep their connections. */
    public static Load of(Server server, String target, int clients) {
        return begin(new Load(server, Requests.get(target)), clients);
    }

    /** Clients that connect for each request. */
    public static Load connecting(Server server, String target, int clients) {
        return begin(new Load(server, Requests.get(target, "Connection: close")), clients);
    }

    private static Load begin(Load load, int clients) {
        for (int i = 0; i < clients; i++) {
            load.clients.add(Thread.ofVirtual().start(load::work));
        }
        return load;
    }

    /** Waits for this many more answers. */
    public void awaitAnswers(int more) {
        int due = answers.get() + more;
        Await.until(more + " more answers", () -> answers.get() >= due);
    }

    /** Exchanges that got an answer. */
    public int answers() {
        return answers.get();
    }

    /** Exchanges that got no answer, or not a whole one. */
    public int lost() {
        return lost.get();
    }

    public void stop() throws InterruptedException {
        stopping = true;
        for (Thread client : clients) {
            client.join();
        }
    }

    private void work() {
        while (!stopping) {
            try (Wire wire = server.open()) {
                boolean open = true;
                while (open && !stopping) {
                    Response response = wire.renew(Await.PATIENCE).send(request).response();
                    if (response.status() != 200) {
                        lost.incrementAndGet();
                    }
                    answers.incrementAndGet();
                    open = !response.hasOption("close");
                }
            } catch (Mismatch | UncheckedIOException e) {
                lost.incrementAndGet();
            }
        }
    }
}

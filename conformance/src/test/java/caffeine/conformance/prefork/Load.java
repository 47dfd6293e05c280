package caffeine.conformance.prefork;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Mismatch;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Wire;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A few clients, each with one kept-alive connection at a time, asking for one thing. */
final class Load {

    private final Server server;
    private final String request;
    private final List<Thread> clients = new ArrayList<>();
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile boolean stopping;

    private Load(Server server, String target) {
        this.server = server;
        request = Requests.get(target);
    }

    static Load of(Server server, String target, int clients) {
        Load load = new Load(server, target);
        for (int i = 0; i < clients; i++) {
            load.clients.add(Thread.ofVirtual().start(load::work));
        }
        return load;
    }

    /** Waits for this many more answers. */
    void awaitAnswers(int more) {
        int due = answers.get() + more;
        Await.until(more + " more answers", () -> answers.get() >= due);
    }

    /** Exchanges that got no answer, or not a whole one. */
    int lost() {
        return lost.get();
    }

    void stop() throws InterruptedException {
        stopping = true;
        for (Thread client : clients) {
            client.join();
        }
    }

    private void work() {
        while (!stopping) {
            try (Wire wire = server.open()) {
                while (!stopping) {
                    wire.renew(Await.PATIENCE).send(request);
                    if (wire.response().status() != 200) {
                        lost.incrementAndGet();
                    }
                    answers.incrementAndGet();
                }
            } catch (Mismatch | UncheckedIOException e) {
                lost.incrementAndGet();
            }
        }
    }
}

package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A client gets the bytes of its own exchange, and never those of another. */
class OwnBytesTest {

    private static final int CLIENTS = 12;
    private static final int ROUNDS = 10;

    private static final Tree TREE = new Tree();

    @RegisterExtension
    static final LeakCheck LEAKS = LeakCheck.serving(TREE, "--max-handlers", "8");

    static {
        String own = "echo \"$QUERY_STRING $HTTP_X_OWN\"\ncat\n";
        TREE.sh("cgi-bin/own", Scripts.CGI_HEAD + own);
        TREE.sh("own", Scripts.DIRECT_HEAD + own);
    }

    /** Descriptors are reused at once: what is late for one must not reach the next. */
    @Test
    void whateverBecomesOfTheOthers() throws Exception {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> ends = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String name = "client-" + i;
                Callable<Void> client =
                        switch (i % 3) {
                            case 0 -> () -> keepsAlive(name);
                            case 1 -> () -> connectsAnew(name);
                            default -> () -> goesAway(name);
                        };
                ends.add(clients.submit(client));
            }
            for (Future<Void> end : ends) {
                end.get();
            }
        }
    }

    /** Two requests at once, their content of different lengths, on one connection. */
    private static Void keepsAlive(String name) {
        try (Wire wire = LEAKS.server().open()) {
            for (int i = 0; i < ROUNDS; i++) {
                String one = name + "-" + i + "-one";
                String two = name + "-" + i + "-two";
                wire.send(request("/cgi-bin/own", one, 10) + request("/cgi-bin/own", two, 5000));
                assertOwn(wire.response(), one, 10);
                assertOwn(wire.response(), two, 5000);
            }
        }
        return null;
    }

    private static Void connectsAnew(String name) {
        for (int i = 0; i < ROUNDS; i++) {
            String own = name + "-" + i;
            assertOwn(LEAKS.server().exchange(request("/own", own, 100 * i)), own, 100 * i);
        }
        return null;
    }

    /** Leaves in the middle of its request, or with its answer on the way. */
    private static Void goesAway(String name) {
        for (int i = 0; i < ROUNDS; i++) {
            String request = request(i % 2 == 0 ? "/own" : "/cgi-bin/own", name + "-" + i, 3000);
            try (Wire wire = LEAKS.server().open()) {
                wire.send(i % 3 == 0 ? request : request.substring(0, request.length() - 1000));
                wire.reset();
            }
        }
        return null;
    }

    private static String request(String target, String own, int repeated) {
        return Requests.post(target + "?" + own, content(own, repeated), "X-Own: " + own);
    }

    private static String content(String own, int repeated) {
        return (own + "\n").repeat(repeated);
    }

    private static void assertOwn(Response response, String own, int repeated) {
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo(own + " " + own + "\n" + content(own, repeated));
    }
}

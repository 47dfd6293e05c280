package caffeine.conformance.calls;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Strace;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many system calls an exchange costs, one after the other: never more than the table in
 * docs/performance.md says, and not so many less that the table is wrong.
 */
class SystemCallBudgetTest {

    private static final int EXCHANGES = 200;

    /** What is called for in fewer exchanges than this share is not their price. */
    private static final double NOISE = 0.8;

    /**
     * On a busy machine a client that closes may not have gone yet when it is looked for. It is
     * then waited for, and looked for again: so many calls more of each of these.
     */
    private static final Map<String, Integer> LINGERING =
            Map.of("epoll_ctl", 2, "recvfrom", 1, "read", 1);

    /** Signs of life between parent and worker, and timers: what comes with time, not with them. */
    private static final double A_SECOND = 2;

    /** Waiting has no fixed price: it depends on what is ready together. */
    private static final Set<String> WAITING = Set.of("epoll_wait", "epoll_pwait2", "futex");

    private static final Pattern ROW =
            Pattern.compile("\\| (worker|parent) \\| (\\w+) \\| ([0-9 |]+) \\|.*");

    private Tree tree;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        tree.sh("hello", Scripts.DIRECT_HEAD + "echo hello\n");
        tree.sh("cgi-bin/hello", "printf 'Content-Type: text/plain\\n\\nhello\\n'\n");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    /** The columns of the table. */
    enum Kind {
        DIRECT(0, "scripts", "/hello", false),
        CGI(1, "scripts", "/cgi-bin/hello", false),
        CGI_KEPT_ALIVE(2, "scripts", "/cgi-bin/hello", true),
        HELLO_KEPT_ALIVE(3, "hello", "/", true);

        private final int column;
        private final String app;
        private final String target;
        private final boolean keptAlive;

        Kind(int column, String app, String target, boolean keptAlive) {
            this.column = column;
            this.app = app;
            this.target = target;
            this.keptAlive = keptAlive;
        }

        private void exchange(Server server, int count) {
            Wire kept = keptAlive ? server.open() : null;
            try {
                for (int i = 0; i < count; i++) {
                    if (kept == null) {
                        assertThat(server.get(target).status()).isEqualTo(200);
                    } else {
                        kept.renew(Await.PATIENCE).send(Requests.get(target));
                        assertThat(kept.response().status()).isEqualTo(200);
                    }
                }
            } finally {
                if (kept != null) {
                    kept.close();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void areWithinTheBudget(Kind kind) throws IOException {
        try (Server server =
                Server.of(tree.root(), EngineKind.PREFORK)
                        .options("--workers", "1", "--log-level", "ERROR")
                        .options("--app", kind.app)
                        .start()) {
            kind.exchange(server, 20);
            int worker = server.workers().getFirst();
            try (Strace ofWorker = Strace.of(worker, "java");
                    Strace ofParent = Strace.of(server.pid(), "parent")) {
                long begin = System.nanoTime();
                kind.exchange(server, EXCHANGES);
                double seconds = (System.nanoTime() - begin) / 1e9;
                double noise = NOISE + A_SECOND * seconds / EXCHANGES;
                List<String> wrong = new ArrayList<>();
                compare("worker", ofWorker.counts(), kind, noise, wrong);
                compare("parent", ofParent.counts(), kind, noise, wrong);
                assertThat(wrong).isEmpty();
            }
        }
    }

    private static void compare(
            String process,
            Map<String, Integer> counts,
            Kind kind,
            double noise,
            List<String> wrong)
            throws IOException {
        Map<String, Integer> budget = budget(process, kind);
        // Whether there is more is asked in one way or the other, as the script's end comes.
        Integer asked = counts.remove("ioctl");
        if (asked != null) {
            counts.merge("read", asked, Integer::sum);
        }
        Set<String> calls = new TreeSet<>(budget.keySet());
        calls.addAll(counts.keySet());
        calls.removeAll(WAITING);
        for (String call : calls) {
            double made = (double) counts.getOrDefault(call, 0) / EXCHANGES;
            int allowed = budget.getOrDefault(call, 0);
            // Once, if a script's output and its end come together; only the kernel knows.
            int least = call.equals("sendto") ? Math.min(1, allowed) : allowed;
            int lingering = kind.keptAlive ? 0 : LINGERING.getOrDefault(call, 0);
            if (made < least - NOISE || made > allowed + lingering + noise) {
                wrong.add(process + ": " + call + " " + made + " times, the table says " + allowed);
            }
        }
    }

    private static Map<String, Integer> budget(String process, Kind kind) throws IOException {
        Map<String, Integer> budget = new TreeMap<>();
        for (String line : Files.readAllLines(Repository.root().resolve("docs/performance.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches() && row.group(1).equals(process)) {
                String[] columns = row.group(3).split(" *\\| *", -1);
                budget.put(row.group(2), Integer.parseInt(columns[kind.column].strip()));
            }
        }
        assertThat(budget).as("rows of " + process).isNotEmpty();
        return budget;
    }
}

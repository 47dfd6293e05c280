package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * slowhttptest in its four modes at one time, and a quick client beside it: it gets every answer.
 * How quickly, {@code bench/run slow} measures.
 */
class SlowHttpTestTest {

    private static final String CLIENTS = "100";
    private static final String SECONDS = "4";

    /** In the order of slowhttptest's own help. */
    private static final List<List<String>> MODES =
            List.of(
                    List.of("-H", "-i", "1"),
                    List.of("-B", "-i", "1", "-s", "8192", "-t", "POST"),
                    List.of("-R", "-a", "1", "-b", "2000"),
                    List.of("-X", "-k", "10", "-w", "1", "-y", "64", "-n", "1", "-z", "8"));

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void leavesAQuickClientAllItsAnswers(EngineKind engine) throws Exception {
        engine.servesSeveralAtOnce();
        assumeFalse(engine.isProcessPerConnection(), "has fewer processes than slow clients");
        Run.needs("slowhttptest", "slowhttptest");
        try (Tree tree = new Tree();
                Server server = Server.of(tree.root(), engine).start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            tree.sh("cgi-bin/page", Scripts.CGI_HEAD + "echo page\n");
            tree.sh("page", Scripts.DIRECT_HEAD + "echo page\n");
            List<Future<?>> attacks = new ArrayList<>();
            for (List<String> mode : MODES) {
                attacks.add(threads.submit(() -> attack(server, mode)));
            }
            while (!attacks.stream().allMatch(Future::isDone)) {
                assertWhole(server.get("/cgi-bin/page"));
                assertWhole(server.get("/page"));
            }
            succeed(attacks);
            assertWhole(server.get("/cgi-bin/page"));
            server.stop();
        }
    }

    private static void attack(Server server, List<String> mode) {
        List<String> command = new ArrayList<>(List.of("slowhttptest"));
        command.addAll(mode);
        command.addAll(List.of("-c", CLIENTS, "-r", CLIENTS, "-l", SECONDS, "-v", "0"));
        command.addAll(List.of("-u", server.url("/cgi-bin/page")));
        // It fails when it is told what it does not know.
        Run.of(command).output();
    }

    private static void succeed(List<Future<?>> attacks)
            throws InterruptedException, ExecutionException {
        for (Future<?> attack : attacks) {
            attack.get();
        }
    }

    private static void assertWhole(Response response) {
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("page\n");
    }
}

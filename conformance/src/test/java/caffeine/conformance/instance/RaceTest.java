package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Run.Outcome;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** Two of a kind at once. */
class RaceTest {

    private static final int ROUNDS = Boolean.getBoolean("caffeine.full") ? 200 : 20;

    private final Home home = new Home();

    @AfterEach
    void clean() {
        home.close();
    }

    /** Each round starts a name twice at once, and then stops it twice at once. */
    @Test
    void ofTwoStartsOneWinsAndOfTwoStopsNoneFails() {
        String name = home.name();
        for (int round = 0; round < ROUNDS; round++) {
            List<Outcome> starts = twice(home.startWords(name, engine(round)));
            Outcome winner = starts.get(starts.get(0).exit() == 0 ? 0 : 1);
            Outcome loser = starts.get(starts.get(0).exit() == 0 ? 1 : 0);
            Home.Started server = home.started(name, winner);
            assertThat(loser.exit()).as("%s", starts).isEqualTo(1);
            // The winner may not listen yet, but its number is known from its first moment.
            assertThat(loser.err())
                    .startsWith("caffeine: " + name + " already runs as pid " + server.pid());

            List<Outcome> stops = twice("--stop", "--name", name);
            String said = "stopped " + name + " (pid " + server.pid() + ")\n";
            assertThat(stops).extracting(Outcome::out).contains(said);
            assertThat(stops)
                    .allMatch(s -> s.out().equals(said) || s.err().contains("does not run"));
            assertThat(Procs.isAlive(server.pid())).isFalse();
        }
        home.awaitNothingLeft();
    }

    /** A stop that comes at any moment of a start: one that does not listen yet is no exception. */
    @Test
    void aStopDuringAStartLeavesNothing() {
        String name = home.name();
        for (int round = 0; round < ROUNDS / 4; round++) {
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                String[] words = home.startWords(name, engine(round));
                var start = CompletableFuture.supplyAsync(() -> home.run(words), threads);
                int stopped = 0;
                while (!start.isDone()) {
                    stopped += home.run("--stop", "--name", name).exit() == 0 ? 1 : 0;
                }
                stopped += home.run("--stop", "--name", name).exit() == 0 ? 1 : 0;
                assertThat(stopped).as("%s", start.join()).isEqualTo(1);
            }
        }
        home.awaitNothingLeft();
    }

    /** Mostly the one that starts the quickest: who wins is not the engine's business. */
    private static String[] engine(int round) {
        return round % 5 == 0
                ? new String[] {"--app", "hello"}
                : new String[] {"--app", "hello", "--engine", "sharded", "--threads", "1"};
    }

    private List<Outcome> twice(String... words) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Outcome>> both =
                    IntStream.range(0, 2)
                            .mapToObj(
                                    _ ->
                                            CompletableFuture.supplyAsync(
                                                    () -> home.run(words), threads))
                            .toList();
            return both.stream().map(CompletableFuture::join).toList();
        }
    }
}

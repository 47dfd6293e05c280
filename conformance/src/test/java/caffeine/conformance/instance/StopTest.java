package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Marker;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** {@code --stop}: the right process gets the signal, once, and is waited for. */
class StopTest {

    private final Home home = new Home();
    private final String name = home.name();

    @AfterEach
    void clean() {
        home.close();
    }

    @Test
    void waitsForRequestsInProgressHoweverManyStopIt() {
        Marker started = new Marker(home.tree(), "started");
        Marker finish = new Marker(home.tree(), "finish");
        home.tree()
                .sh(
                        "site/waits",
                        Scripts.DIRECT_HEAD
                                + started.tellInShell()
                                + finish.awaitInShell()
                                + "echo done\n");
        Home.Started server = home.start(name);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answer = CompletableFuture.supplyAsync(() -> server.get("/waits"), threads);
            started.await();
            var first = CompletableFuture.supplyAsync(() -> stop(), threads);
            var second = CompletableFuture.supplyAsync(() -> stop(), threads);
            Await.until("it is shown as draining", () -> home.run("-L").out().contains("draining"));
            assertThat(Procs.isAlive(server.pid())).isTrue();
            // One more, which comes late: it would be the second signal.
            var third = CompletableFuture.supplyAsync(() -> stop(), threads);
            Outcome start = home.run(home.startWords(name));
            assertThat(start.err()).contains("already runs", "which is being stopped");
            finish.set();

            assertThat(answer.join()).isEqualTo("done\n");
            String said = "stopped " + name + " (pid " + server.pid() + ")\n";
            assertThat(first.join()).isEqualTo(new Outcome(0, said, ""));
            assertThat(second.join()).isEqualTo(new Outcome(0, said, ""));
            assertThat(third.join().exit()).isIn(0, 1);
        }
        assertThat(Home.text(home.file(name, ".log"))).endsWith("INFO  parent   ended\n");
        home.awaitNothingLeft();
    }

    @Test
    void saysWhenThereIsNothingToStop() {
        String sentence =
                "caffeine: " + name + " does not run; caffeine --list-instances shows what does\n";
        assertThat(stop()).isEqualTo(new Outcome(1, "", sentence));

        home.start(name).killAll();
        assertThat(stop()).isEqualTo(new Outcome(1, "", sentence));
    }

    @Test
    void neverSignalsAProgramThatHasTheNumberNow() throws IOException {
        home.start(name).killAll();
        Process other = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(Home.pidFile(name), other.pid() + "\n");
            Path json = home.file(name, ".json");
            String details = Home.text(json).replaceFirst("\"pid\":\\d+", "\"pid\":" + other.pid());
            Files.writeString(json, details);

            assertThat(stop().exit()).isEqualTo(1);
            assertThat(home.run("-L").out()).doesNotContain(name);
            assertThat(other.isAlive()).isTrue();

            Home.Started server = home.start(name);
            assertThat(stop().out()).contains("(pid " + server.pid() + ")");
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void stopsOneInTheForegroundToo() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(home.foreground(name));
        builder.environment().putAll(home.variables());
        Process server =
                builder.redirectError(home.root().resolve("err").toFile())
                        .redirectOutput(home.root().resolve("out").toFile())
                        .start();
        try {
            Await.until("it runs", () -> home.run("-L").out().contains("running"));
            assertThat(stop().out()).isEqualTo("stopped " + name + " (pid " + server.pid() + ")\n");
            // It lives on as a zombie until its parent, which is this process, has asked for it.
            assertThat(server.onExit().join().exitValue()).isZero();
        } finally {
            server.destroyForcibly();
        }
        home.awaitNothingLeft();
    }

    private Outcome stop() {
        return home.run("--stop", "--name", name);
    }
}

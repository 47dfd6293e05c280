package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Run;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** SIGUSR1 and SIGHUP to a daemon. */
class SignalTest {

    private final Home home = new Home();
    private final String name = home.name();

    @AfterEach
    void clean() {
        home.close();
    }

    private static void signal(String signal, Home.Started server) {
        assertThat(Run.of("kill", "-" + signal, "" + server.pid()).outcome().exit()).isZero();
    }

    @Test
    void opensTheLogAnewInAllProcesses() throws IOException {
        Home.Started server = home.start(name);
        server.get("/hello?before");
        Path log = home.file(name, ".log");
        LogTest.awaitIn(log, "?before");
        Path old = Files.move(log, home.root().resolve("old.log"));

        signal("USR1", server);
        LogTest.awaitIn(log, "reopened log files\n");
        server.get("/hello?after");
        LogTest.awaitIn(log, "?after");

        assertThat(Home.text(old)).contains("?before").doesNotContain("?after");
        for (var process : Procs.ofSession(server.pid())) {
            Path errors = Path.of("/proc/" + process.pid() + "/fd/2");
            Await.until(
                    "what " + process + " has to say goes there",
                    () -> Home.target(errors).equals(log.toString()));
        }
        assertThat(home.run("-s", "-n", name).exit()).isZero();
        assertThat(home.run("-l", "-n", name).out()).endsWith("parent   ended\n");
        home.awaitNothingLeft();
    }

    @Test
    void readsItsConfigurationAgainAndIsListedAsItIsThen() throws IOException {
        Path file = home.root().resolve("caffeine.toml");
        Files.writeString(file, "workers = 1\n");
        Home.Started server = home.start(name, "--engine", "prefork", "--config", file.toString());
        Path log = home.file(name, ".log");

        Files.writeString(file, "workers = 2\n");
        signal("HUP", server);
        LogTest.awaitIn(log, "reload: done");
        Await.until(
                "it is listed with two workers",
                () -> home.run("-L", "--json").out().contains("\"workers\":2"));
        server.get("/hello?after");
        LogTest.awaitIn(log, "?after");

        Files.writeString(file, "workers = 0\n");
        signal("HUP", server);
        LogTest.awaitIn(log, "; the configuration stays as it was\n");
        assertThat(Home.text(log)).contains("caffeine.toml:1: workers: ");
        assertThat(home.run("-s", "-n", name).exit()).isZero();
        home.awaitNothingLeft();
    }
}

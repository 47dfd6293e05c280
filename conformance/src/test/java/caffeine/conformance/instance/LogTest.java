package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** {@code --log}, {@code --follow} and {@code --reset-logs}. */
class LogTest {

    private final Home home = new Home();
    private final String name = home.name();

    @AfterEach
    void clean() {
        home.close();
    }

    @Test
    void printsTheWholeLog() throws IOException {
        Home.Started server = home.start(name);
        server.get("/hello?one");
        Path log = home.file(name, ".log");
        awaitIn(log, "/hello?one");

        Outcome printed = home.run("--log", "--name", name);

        assertThat(printed.exit()).isZero();
        assertThat(printed.out())
                .isEqualTo(Home.text(log))
                .contains(
                        "listening on http://127.0.0.1:" + server.port() + " (prefork, 1 worker)");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
                .isEqualTo("rw-------");
        home.run("-s", "-n", name);
        assertThat(home.run("-l", "-n", name).out()).startsWith(printed.out()).endsWith("ended\n");
    }

    @Test
    void goesOnAtItsStartWhenItIsEmptied() {
        Home.Started server = home.start(name);
        Path log = home.file(name, ".log");
        server.get("/hello?before");
        awaitIn(log, "before");

        Outcome emptied = home.run("--reset-logs", "--name", name);

        assertThat(emptied).isEqualTo(new Outcome(0, "emptied " + log + "\n", ""));
        assertThat(log).isEmptyFile();
        server.get("/hello?after");
        awaitIn(log, "after");
        assertThat(Home.text(log)).startsWith("20").doesNotContain("before", "\0");
    }

    @Test
    void followsWhatComesThroughEmptyingAndMoving() throws IOException {
        Home.Started server = home.start(name);
        Path log = home.file(name, ".log");
        Path output = home.root().resolve("followed");
        ProcessBuilder builder =
                new ProcessBuilder(
                        home.foreground(name).getFirst(), "--log", "--follow", "--name", name);
        builder.environment().putAll(home.variables());
        Process follower = builder.redirectOutput(output.toFile()).start();
        try {
            awaitIn(output, "listening on");
            server.get("/hello?one");
            awaitIn(output, "?one");
            home.run("--reset-logs", "--name", name);
            server.get("/hello?two");
            awaitIn(output, "?two");
            // As logrotate does it.
            Files.move(log, home.root().resolve("log.1"));
            Files.writeString(log, "the next file\n");
            awaitIn(output, "the next file\n");
            assertThat(Home.text(output)).containsOnlyOnce("?one").containsOnlyOnce("?two");
        } finally {
            follower.destroy();
            follower.onExit().join();
        }
    }

    @Test
    void inTheForegroundItGoesToBoth() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(home.foreground(name));
        builder.environment().putAll(home.variables());
        Path errors = home.root().resolve("errors");
        Process server =
                builder.redirectError(errors.toFile())
                        .redirectOutput(home.root().resolve("out").toFile())
                        .start();
        try {
            awaitIn(errors, "listening on");
            assertThat(home.run("--reset-logs", "-n", name).exit()).isZero();
            assertThat(home.run("-s", "-n", name).exit()).isZero();
            assertThat(server.onExit().join().exitValue()).isZero();
        } finally {
            server.destroyForcibly();
        }
        String file = Home.text(home.file(name, ".log"));
        assertThat(file).startsWith("20").endsWith("INFO  parent   ended\n");
        assertThat(Home.text(errors)).contains("listening on").endsWith(file);
        home.awaitNothingLeft();
    }

    @Test
    void saysThatThereIsNone() {
        for (String what : new String[] {"--log", "--reset-logs"}) {
            assertThat(home.run(what, "-n", name))
                    .isEqualTo(
                            new Outcome(
                                    1,
                                    "",
                                    "caffeine: "
                                            + name
                                            + " has no log: there is no "
                                            + home.file(name, ".log")
                                            + "; an instance makes it when it is started with this"
                                            + " --name\n"));
        }
    }

    /** A full disk: what cannot be written is lost, and nothing else. */
    @Test
    void servesOnWhenItsDiskIsFull() throws IOException {
        Run.needsRoot("mount a small disk");
        Path disk = Files.createDirectories(home.root().resolve(".local"));
        Outcome mounted =
                Run.of("mount", "-t", "tmpfs", "-o", "size=256k", "x", disk.toString()).outcome();
        Assumptions.assumeTrue(mounted.exit() == 0, "no disk can be mounted: " + mounted);
        try {
            Home.Started server = home.start(name);
            Path log = home.file(name, ".log");
            Path filler = disk.resolve("filler");
            // Ends with "no space left": the disk is full then.
            Run.of("dd", "if=/dev/zero", "of=" + filler, "bs=4k").outcome();
            Run.of("sh", "-c", "head -c 4096 /dev/zero >>" + log).outcome();
            long full = Files.size(log);
            for (int i = 0; i < 50; i++) {
                assertThat(server.get("/hello?full")).isEqualTo("hello\n");
            }
            assertThat(Files.size(log)).isEqualTo(full);
            Files.delete(filler);
            server.get("/hello?again");
            awaitIn(log, "?again");
            assertThat(home.run("-s", "-n", name).exit()).isZero();
            home.awaitNothingLeft();
        } finally {
            home.killAll();
            Run.of("umount", "-l", disk.toString()).outcome();
        }
    }

    static void awaitIn(Path file, String text) {
        Await.until(
                () -> text + " in " + file + ":\n" + (Files.exists(file) ? Home.text(file) : ""),
                Await.PATIENCE,
                () -> Files.exists(file) && Home.text(file).contains(text));
    }
}

package caffeine.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How {@code mvn package} makes the AOT caches of the launcher, in a folder of the test. */
@DisplayName("The training of the AOT caches")
class TrainingTest {

    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin/java");
    private static final String NO_TIME = "-Dcaffeine.training.part=0";
    private static final String NO_PATIENCE = "-Dcaffeine.training.patience=0";
    private static final Duration A_STEP = Duration.ofMinutes(2);

    private final Tree tree = new Tree();
    private Path app;

    @BeforeEach
    void place() {
        app = tree.resolve("app");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    @Test
    void succeedsWhenNoPartHasTimeForMoreThanItsFirstStep() throws IOException {
        Outcome outcome = Run.of(assemble(NO_TIME)).outcome();

        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThatItHasCachesAlone();
    }

    @Test
    void leavesNothingWhenItIsKilledAndSucceedsTheNextTime() throws IOException {
        Path runtime = Files.createDirectory(tree.resolve("runtime"));
        ProcessBuilder builder = new ProcessBuilder(assemble(NO_TIME)).inheritIO();
        builder.environment().put("XDG_RUNTIME_DIR", runtime.toString());
        Process training = builder.start();
        String pidFile = "caffeine_training-" + training.pid() + ".pid";
        // By then two servers run: the one that commands ask for, and the one that is recorded.
        Await.until(
                "a recording",
                A_STEP,
                () ->
                        Files.exists(app.resolve("training").resolve(pidFile))
                                && Files.exists(app.resolve("training/command.log")));

        training.destroyForcibly().onExit().join();

        Await.until(() -> "the end of " + processes(), A_STEP, () -> processes().isEmpty());
        assertThat(Path.of("/tmp", pidFile)).doesNotExist();
        assertThat(runtime).isEmptyDirectory();

        assertThat(Run.of(assemble(NO_TIME)).outcome().exit()).isZero();
        assertThatItHasCachesAlone();
    }

    @Test
    void saysInOneLineWhyItFailedAndTheServerStarts() throws IOException {
        House house = new House(tree.root());
        house.with("JAVA_HOME", System.getProperty("java.home"));
        app = house.root().resolve("cli/target/app");
        String command =
                assemble(NO_PATIENCE).stream()
                        .map(word -> "'" + word + "'")
                        .collect(Collectors.joining(" "));
        house.installMaven(command);

        Outcome first = house.start("--version");

        assertThat(first.exit()).as(first.toString()).isZero();
        assertThat(first.out()).startsWith("caffeine ");
        assertThat(first.err().lines().skip(1))
                .singleElement()
                .asString()
                .startsWith(
                        "caffeine: no AOT cache was made, so every start takes longer: the server"
                                + " gave no sign of life for 0 s and was ended (details: ")
                .contains("cli/target/build.log; to try again: rm ");
        assertThat(app.resolve("training")).doesNotExist();
        assertThat(processes()).isEmpty();

        Outcome second = house.start("--version");
        assertThat(second.out()).startsWith("caffeine ");
        assertThat(second.err()).isEmpty();
    }

    @Test
    void isLeftOutWhenItIsNotWanted() {
        Outcome outcome = Run.of(assemble("-Dcaffeine.train=false")).outcome();

        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThat(app).isDirectoryNotContaining("glob:**/{*.aot,untrained,trained-with}");
    }

    private void assertThatItHasCachesAlone() throws IOException {
        assertThat(app.resolve("worker.aot")).isNotEmptyFile();
        assertThat(app.resolve("training")).doesNotExist();
        assertThat(app.resolve("untrained")).doesNotExist();
        // AOTMode=on refuses to start without the cache.
        String version =
                Run.of(
                                JAVA.toString(),
                                "@" + app.resolve("jvm.options"),
                                "-XX:AOTMode=on",
                                "-XX:AOTCache=" + app.resolve("command.aot"),
                                "--module-path",
                                app.resolve("modules").toString(),
                                "--module",
                                "caffeine.cli/caffeine.cli.Main",
                                "--version")
                        .output();
        assertThat(version).startsWith("caffeine ");
    }

    /** What Maven calls, with the modules of the build under test. */
    private List<String> assemble(String option) {
        Path built = Repository.root().resolve("cli/target/app");
        List<String> command = new ArrayList<>();
        command.addAll(List.of(JAVA.toString(), "-XX:TieredStopAtLevel=1", option));
        command.add(Repository.root().resolve("tools/Assemble.java").toString());
        command.addAll(List.of(app.toString(), "2026-01-01T00:00:00Z"));
        command.add(built.resolve("jvm.options").toString());
        try (Stream<Path> jars = Files.list(built.resolve("modules"))) {
            jars.map(Path::toString).forEach(command::add);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return command;
    }

    /** The command lines of processes that run from the folder of this test. */
    private List<String> processes() {
        return ProcessHandle.allProcesses()
                .map(process -> Procs.commandLine((int) process.pid()))
                .filter(line -> line.contains(app.toString()))
                .toList();
    }
}

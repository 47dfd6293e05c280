package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import caffeine.server.engine.StartException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

class WorkerCommandTest {

    private static final String ENDS_WITHOUT_MEMORY = "-XX:+ExitOnOutOfMemoryError";

    @ParameterizedTest
    @ValueSource(strings = {"--module caffeine.cli", "-m caffeine.cli", "--module=caffeine.cli"})
    void isOurOwnUpToTheMainClass(String main) throws Exception {
        assertThat(command("java @/app/jvm.options -Xmx9m --module-path /app " + main + " -p 0"))
                .containsExactly(
                        "/opt/java/bin/java",
                        "@/app/jvm.options",
                        "-Xmx9m",
                        "--module-path",
                        "/app",
                        ENDS_WITHOUT_MEMORY);
    }

    @Test
    void leavesOutTheHeapOfAWholeServer() throws Exception {
        assertThat(command("java @/app/jvm.options -Xmx256m -Da=b -m caffeine.cli"))
                .containsExactly(
                        "/opt/java/bin/java", "@/app/jvm.options", "-Da=b", ENDS_WITHOUT_MEMORY);
    }

    @Test
    void hasRoomForLargeMessages() throws Exception {
        List<String> ours = List.of("java", "@/app/jvm.options", "-m", "caffeine.cli");
        assertThat(WorkerCommand.of("/opt/java", ours, 16 << 20))
                .containsExactly(
                        "/opt/java/bin/java", "@/app/jvm.options", "-Xmx224m", ENDS_WITHOUT_MEMORY);
    }

    @ParameterizedTest
    @CsvSource({
        "-XX:AOTCache=/a/command.aot, -XX:AOTCache=/a/worker.aot",
        "-XX:AOTConfiguration=/a/command.aotconf, -XX:AOTConfiguration=/a/worker.aotconf",
        "-XX:AOTCache=/a/other.aot, -XX:AOTCache=/a/other.aot",
        "-Dfile=/a/command.aot, -Dfile=/a/command.aot"
    })
    void hasACacheOfItsOwn(String ours, String theirs) throws Exception {
        assertThat(command("java " + ours + " --module caffeine.cli"))
                .containsExactly("/opt/java/bin/java", theirs, ENDS_WITHOUT_MEMORY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "java", "java -cp /app/cli.jar caffeine.cli.Main --path x"})
    void needsModules(String ours) {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> command(ours))
                .withMessage("the command was not started as a module; start it with ./caffeine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--module caffeine.cli", "--module=caffeine.cli"})
    void ofTheCommandIsAllOfItUpToItsOwnWords(String main) throws Exception {
        String ours = "/usr/bin/java -XX:AOTCache=/a/command.aot -Xmx256m " + main;
        assertThat(WorkerCommand.ofCommand("/opt/java", List.of((ours + " -d -p 0").split(" "))))
                .isEqualTo(List.of(ours.replace("/usr/bin", "/opt/java/bin").split(" ")));
    }

    @Test
    void canBeReadOffThisProcess() {
        assertThat(Surroundings.ofThisProcess().commandLine().getFirst()).endsWith("java");
    }

    private static List<String> command(String ours) throws StartException {
        return WorkerCommand.of("/opt/java", List.of(ours.split(" ")), 0);
    }
}

package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engines.Engines;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.BufferedReader;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The command where native calls are forbidden, as they are impossible where there is no Linux. */
class PortableCommandTest {

    @TempDir Path folder = Path.of("");

    private ProcessBuilder command(String engine, String system, String... options) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--illegal-native-access=deny",
                                "-Dos.name=" + system,
                                "-Xlog:class+init=info:file=" + classes() + "::filecount=0",
                                "-XX:TieredStopAtLevel=1",
                                "--module-path",
                                Objects.requireNonNull(System.getProperty("jdk.module.path")),
                                "--module",
                                "caffeine.cli/" + Main.class.getName(),
                                "--engine",
                                engine,
                                "--port",
                                "0"));
        command.addAll(List.of(options));
        return new ProcessBuilder(command).redirectError(folder.resolve("errors").toFile());
    }

    private Path classes() {
        return folder.resolve("classes");
    }

    static List<String> portable() {
        return Engines.ALL.stream()
                .filter(EngineDescription::isPortable)
                .map(EngineDescription::name)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("portable")
    void servesHelloOnLinuxAndCallsNothingOfTheKernel(String engine) throws Exception {
        servesHelloAndCallsNothingOfTheKernel(engine, "Linux");
    }

    @ParameterizedTest
    @MethodSource("portable")
    void servesHelloElsewhereAndCallsNothingOfTheKernel(String engine) throws Exception {
        servesHelloAndCallsNothingOfTheKernel(engine, "Plan 9");
    }

    private void servesHelloAndCallsNothingOfTheKernel(String engine, String system)
            throws Exception {
        Process server = command(engine, system, "--app", "hello").start();
        try (BufferedReader output = server.inputReader(StandardCharsets.UTF_8)) {
            String line = String.valueOf(output.readLine());
            assertThat(line).matches("listening on http://127\\.0\\.0\\.1:\\d+ .*");
            URI url = URI.create(line.split(" ", -1)[2] + "/");
            try (InputStream answer = url.toURL().openStream()) {
                assertThat(answer.readAllBytes()).asString().isEqualTo("Hello, World!");
            }
        } finally {
            server.destroy();
        }
        assertThat(server.waitFor()).isZero();
        assertThat(Files.readString(folder.resolve("errors"))).doesNotContain("mistake");
        assertThat(Files.readString(classes()))
                .contains("Initializing 'caffeine/server/service/")
                .doesNotContain("Initializing 'caffeine/os/");
    }

    @ParameterizedTest
    @MethodSource("portable")
    void scriptsNeedLinuxWhichIsSaidInOneLine(String engine) throws Exception {
        Process server = command(engine, "Plan 9", "--path", folder.toString()).start();
        assertThat(server.waitFor()).isEqualTo(1);
        assertThat(Files.readString(folder.resolve("errors")).lines())
                .singleElement()
                .asString()
                .contains(engine + " needs Linux for scripts, and this is Plan 9");
    }
}

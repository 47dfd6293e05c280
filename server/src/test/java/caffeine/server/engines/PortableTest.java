package caffeine.server.engines;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.engine.EngineDescription;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Where native calls are forbidden, as they are impossible where there is no Linux. */
class PortableTest {

    @TempDir Path folder = Path.of("");

    static List<String> portable() {
        return Engines.ALL.stream()
                .filter(EngineDescription::isPortable)
                .map(EngineDescription::name)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("portable")
    void servesAndInitialisesNothingThatCallsTheKernel(String engine) throws Exception {
        Path output = folder.resolve("output");
        List<String> command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--illegal-native-access=deny",
                        "-Xlog:class+init=info",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath(),
                        PortableServer.class.getName(),
                        engine,
                        folder.toString());
        Process server =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        int exit = server.waitFor();
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.stream().filter(line -> !line.contains("class,init")).toList())
                .contains(
                        "served Hello, World!",
                        "served one",
                        "served two",
                        "served content",
                        "served a file a file a file");
        assertThat(lines)
                .anyMatch(line -> line.contains("Initializing 'caffeine/server/service/"))
                .noneMatch(line -> line.contains("Initializing 'caffeine/os/"));
        assertThat(exit).isZero();
        assertThat(Files.readString(folder.resolve("server.log")))
                .contains("server: shutting down");
        assertThat(Files.readString(folder.resolve("access.log"))).contains("\"POST / HTTP/1.1\"");
    }

    /** The modules' classes and ours, all in the unnamed module, which has no native access. */
    private static String classPath() {
        Path tests =
                Path.of(
                        URI.create(
                                Objects.requireNonNull(
                                                PortableTest.class.getResource(
                                                        "PortableTest.class"))
                                        .toString()));
        for (int i = 0; i < "caffeine/server/engines/PortableTest".split("/", -1).length; i++) {
            tests = Objects.requireNonNull(tests.getParent());
        }
        return String.join(
                File.pathSeparator,
                tests.toString(),
                System.getProperty("jdk.module.path"),
                System.getProperty("java.class.path"));
    }
}

package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The command where native calls are forbidden, as they are impossible where there is no Linux. */
class PortableCommandTest {

    @TempDir Path folder = Path.of("");

    @Test
    void virtualServesHelloAndCallsNothingOfTheKernel() throws Exception {
        Path classes = folder.resolve("classes");
        Process server =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--illegal-native-access=deny",
                                "-Xlog:class+init=info:file=" + classes + "::filecount=0",
                                "-XX:TieredStopAtLevel=1",
                                "--module-path",
                                Objects.requireNonNull(System.getProperty("jdk.module.path")),
                                "--module",
                                "caffeine.cli/" + Main.class.getName(),
                                "--engine",
                                "virtual",
                                "--app",
                                "hello",
                                "--port",
                                "0")
                        .redirectError(folder.resolve("errors").toFile())
                        .start();
        try (BufferedReader output = server.inputReader(StandardCharsets.UTF_8)) {
            String line = String.valueOf(output.readLine());
            assertThat(line).matches("listening on http://127\\.0\\.0\\.1:\\d+ .*");
            URI url = URI.create(line.split(" ", -1)[2] + "/");
            assertThat(url.toURL().openStream().readAllBytes())
                    .asString()
                    .isEqualTo("Hello, World!");
        } finally {
            server.destroy();
        }
        assertThat(server.waitFor()).isZero();
        assertThat(Files.readString(folder.resolve("errors"))).doesNotContain("mistake");
        assertThat(Files.readString(classes))
                .contains("Initializing 'caffeine/server/service/")
                .doesNotContain("Initializing 'caffeine/os/");
    }
}

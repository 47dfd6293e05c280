package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Another system is played by a JVM that is told it runs on one. */
@OnLinux
class OffLinuxTest {
    private final Machine machine = new Machine();

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void everyClassLoadsAndEveryCallIsNotImplemented() {
        Path base = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
        String output =
                machine.run(
                        System.getProperty("java.home") + "/bin/java",
                        List.of(
                                "-Dos.name=Mac OS X",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                base.resolve("target/classes")
                                        + ":"
                                        + base.resolve("target/test-classes"),
                                "caffeine.os.testing.OffLinux"),
                        Map.of());
        assertThat(output).isEqualTo("not implemented\n");
        assertThat(Os.isLinux()).isTrue();
        assertThat(ok(Processes.getpid())).isPositive();
    }
}

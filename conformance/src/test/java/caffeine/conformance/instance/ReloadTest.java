package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Run.Outcome;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code --reload}: returns when it is known what came of it, and says that. */
class ReloadTest {

    private final Home home = new Home();
    private final String name = home.name();
    private final Path file = home.root().resolve("caffeine.toml");

    @AfterEach
    void clean() {
        home.close();
    }

    private Outcome reload() {
        return home.run("--reload", "-n", name);
    }

    private void configure(String... lines) {
        try {
            Files.writeString(file, String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Outcome reloaded(long pid) {
        return new Outcome(0, "reloaded " + name + " (pid " + pid + ")\n", "");
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#someSized")
    void saysWhetherADaemonServesByTheNewConfiguration(EngineKind engine) {
        configure("grace = 1");
        String parts = engine.size();
        Home.Started server = home.start(name, "--engine", engine.name(), "-c", file.toString());
        for (int count = 1; count <= 3; count++) {
            configure(parts + " = " + count);
            assertThat(reload()).isEqualTo(reloaded(server.pid()));
            assertThat(home.run("-L", "--json").out()).contains("\"workers\":" + count);
        }
        configure("prot = 1", "grace = 1", parts + " = 3", "max-fields = 0");
        Outcome refused = reload();
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err().lines())
                .containsExactly(
                        "caffeine: " + file + ":1: there is no key \"prot\"; did you mean port?",
                        "caffeine: "
                                + file
                                + ":4: max-fields: \"0\" is too small; give a whole number from 1"
                                + " to 1000000",
                        "caffeine: "
                                + name
                                + " (pid "
                                + server.pid()
                                + ") keeps the configuration that it had; correct the new one, and"
                                + " reload again");
        assertThat(server.get("/hello")).isEqualTo("hello\n");
        configure("access-log = \"/no/where\"");
        refused = reload();
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err())
                .contains("its log has the reason")
                .contains("keeps the configuration");
        configure("bind = \"::1\"", parts + " = 2");
        Outcome kept = reload();
        assertThat(kept.exit()).isZero();
        assertThat(kept.out()).isEqualTo("reloaded " + name + " (pid " + server.pid() + ")\n");
        assertThat(kept.err()).contains("stay as they were until a restart");
        assertThat(server.get("/hello")).isEqualTo("hello\n");
        assertThat(home.run("-s", "-n", name).exit()).isZero();
        home.awaitNothingLeft();
    }

    @Test
    void ofOneInTheForeground() throws IOException {
        configure("max-body = 1");
        Process server = foreground(List.of());
        try {
            assertThat(reload()).isEqualTo(reloaded(server.pid()));
            configure("max-body = \"x\"");
            assertThat(reload().err()).contains(file + ":1: max-body: \"x\" is not a size");
        } finally {
            assertThat(home.run("-s", "-n", name).exit()).isZero();
            server.destroy();
        }
        home.awaitNothingLeft();
    }

    /** Such a one would never answer. */
    @Test
    void saysThatOneIgnoresTheSignal() throws IOException {
        configure("max-body = 1");
        Process server = foreground(List.of("nohup"));
        try {
            Outcome outcome = reload();
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err())
                    .isEqualTo(
                            "caffeine: "
                                    + name
                                    + " (pid "
                                    + server.pid()
                                    + ") cannot reload: it was started with SIGHUP ignored, as"
                                    + " nohup does; stop it and start it again\n");
        } finally {
            assertThat(home.run("-s", "-n", name).exit()).isZero();
            server.destroy();
        }
        home.awaitNothingLeft();
    }

    private Process foreground(List<String> before) throws IOException {
        List<String> words = new ArrayList<>(before);
        words.addAll(home.foreground(name, "-c", file.toString()));
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().putAll(home.variables());
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = builder.start();
        Await.until("it listens", () -> Files.exists(home.file(name, ".json")));
        return process;
    }

    @Test
    void needsOneThatRuns() {
        Outcome outcome = reload();
        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err())
                .isEqualTo(
                        "caffeine: "
                                + name
                                + " does not run; caffeine --list-instances shows what does\n");
    }
}

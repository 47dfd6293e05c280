package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

class CleanupTest {
    private final List<String> undone = new ArrayList<>();

    @Test
    void undoesTheLastThingFirst() {
        try (Cleanup cleanup = new Cleanup()) {
            cleanup.add(() -> undone.add("folder"));
            cleanup.add(() -> undone.add("server"));
        }
        assertThat(undone).containsExactly("server", "folder");
    }

    @Test
    void goesOnWhenAStepFails() {
        try (Cleanup cleanup = new Cleanup()) {
            cleanup.add(() -> undone.add("folder"));
            cleanup.add(
                    () -> {
                        throw new IOException("for the test");
                    });
        }
        assertThat(undone).containsExactly("folder");
    }

    @Test
    void leavesOutWhatIsDoneAlready() {
        try (Cleanup cleanup = new Cleanup()) {
            Cleanup.Step step = () -> undone.add("file");
            cleanup.add(step);
            cleanup.forget(step);
        }
        assertThat(undone).isEmpty();
    }

    @Test
    void endsProcesses() throws IOException, InterruptedException {
        Process process;
        try (Cleanup cleanup = new Cleanup()) {
            process = cleanup.start(new ProcessBuilder("sleep", "300"));
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void beginsNothingAfterwards() {
        Cleanup cleanup = new Cleanup();
        cleanup.close();
        assertThatThrownBy(() -> cleanup.start(new ProcessBuilder("sleep", "300")))
                .isInstanceOf(IllegalStateException.class);
    }
}

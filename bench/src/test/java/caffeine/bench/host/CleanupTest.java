package caffeine.bench.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

class CleanupTest {
    private final List<String> undone = new ArrayList<>();

    @Test
    void undoesTheLastThingFirst() throws IOException {
        try (Cleanup cleanup = new Cleanup()) {
            cleanup.add(() -> undone.add("folder"));
            cleanup.add(() -> undone.add("server"));
        }
        assertThat(undone).containsExactly("server", "folder");
    }

    @Test
    void goesOnWhenAStepFails() throws IOException {
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
    void removesItsFolderWithAllThatIsInIt() throws IOException {
        Path folder;
        try (Cleanup cleanup = new Cleanup()) {
            folder = cleanup.folder();
            Files.writeString(cleanup.newFile("a"), "x");
            Files.createDirectories(cleanup.newFile("b").resolve("c"));
        }
        assertThat(folder).doesNotExist();
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
    void beginsNothingAfterwards() throws IOException {
        Cleanup cleanup = new Cleanup();
        cleanup.close();
        assertThatThrownBy(() -> cleanup.start(new ProcessBuilder("sleep", "300")))
                .isInstanceOf(IllegalStateException.class);
    }
}

package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The PID file in {@code /tmp}, where everybody may put things. */
class PidFileTest {

    private final Home home = new Home();
    private final String name = home.name();
    private final Path file = Home.pidFile(name);

    @AfterEach
    void clean() {
        home.close();
    }

    @Test
    void followsNoLink() throws IOException {
        Path precious = Files.writeString(home.root().resolve("precious"), "4711\n");
        Files.createSymbolicLink(file, precious);

        assertRefused(file + " is a symbolic link, so it is not touched; remove it, or choose");

        assertThat(home.run("-L").out()).isEqualTo("no instance runs\n");
        assertThat(precious).hasContent("4711\n");
        assertThat(Files.isSymbolicLink(file)).isTrue();
    }

    @Test
    void followsNoLinkThatLeadsNowhere() throws IOException {
        Path missing = home.root().resolve("missing");
        Files.createSymbolicLink(file, missing);

        assertRefused(file + " is a symbolic link");

        assertThat(missing).doesNotExist();
    }

    @Test
    void leavesAloneWhatIsAnotherUsers() throws IOException {
        Run.needsRoot("make a file of another user");
        Files.writeString(file, "4711\n");
        Run.of("chown", "65534", file.toString()).output();

        assertRefused(file + " belongs to nobody, so it is not touched; choose another --name");

        assertThat(file).hasContent("4711\n");
    }

    @Test
    void asAnotherUserTheSame() throws IOException {
        Run.needs("setpriv", "util-linux");
        Run.needsRoot("act as another user");
        Files.writeString(file, "4711\n");
        Run.of("chmod", "600", file.toString()).output();
        Run.of("chown", "-R", "65534", home.root().toString()).output();

        Outcome outcome = home.as("65534", home.startWords(name)).outcome();

        assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(1);
        assertThat(outcome.err()).contains(file + " belongs to root, so it is not touched");
        assertThat(file).hasContent("4711\n");
    }

    @Test
    void leavesAloneWhatIsNoPidFile() throws IOException {
        Files.writeString(file, "my diary\n");
        assertRefused(file + " does not contain a process number");
        assertThat(file).hasContent("my diary\n");
        Files.delete(file);

        Files.createDirectory(file);
        assertRefused(file + " is not an ordinary file");
        assertThat(file).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1\n", "1", ""})
    void replacesOneThatWasLeftBehind(String content) throws IOException {
        Files.writeString(file, content);

        Home.Started server = home.start(name);

        assertThat(file).hasContent(server.pid() + "\n");
        assertThat(home.run("-s", "-n", name).exit()).isZero();
        home.awaitNothingLeft();
    }

    @Test
    void isNotTakenFromAnotherHomesInstance() {
        Home.Started first = home.start(name);
        try (Home other = new Home()) {
            Outcome outcome = other.run(other.startWords(name));
            assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(1);
            assertThat(outcome.err())
                    .contains(
                            file
                                    + " is locked by pid "
                                    + first.pid()
                                    + ", an instance of this name with another home folder");
            assertThat(other.run("-L").out()).isEqualTo("no instance runs\n");
            assertThat(other.run("-s", "-n", name).exit()).isEqualTo(1);
        }
        assertThat(file).hasContent(first.pid() + "\n");
        assertThat(first.get("/hello")).isEqualTo("hello\n");
    }

    @Test
    void removesOnlyItsOwn() throws IOException {
        home.start(name);
        Files.delete(file);
        Files.writeString(file, "somebody else's\n");

        assertThat(home.run("-s", "-n", name).exit()).isZero();

        assertThat(file).hasContent("somebody else's\n");
    }

    private void assertRefused(String reason) {
        Outcome outcome = home.run(home.startWords(name));
        assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).startsWith("caffeine: " + reason).hasLineCount(1);
    }
}

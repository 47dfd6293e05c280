package caffeine.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import caffeine.server.engine.StartException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

class ServedFolderTest {

    @TempDir Path temporary;

    private Path home = Path.of("/");
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @BeforeEach
    void realHome() throws Exception {
        home = temporary.toRealPath();
    }

    @Test
    void isMadeWhenItIsOursAndMissing() throws Exception {
        Path folder = home.resolve(".config/caffeine");
        assertThat(find(null)).isEqualTo(folder).isEmptyDirectory();
        assertThat(Files.getPosixFilePermissions(folder))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(said())
                .isEqualTo(
                        "caffeine: made "
                                + folder
                                + " for you: each script and program put there becomes a web"
                                + " address (--path serves another folder)\n");
    }

    @Test
    void isTakenAsItIsTheNextTime() throws Exception {
        find(null);
        errors.reset();
        assertThat(find(null)).isEqualTo(home.resolve(".config/caffeine"));
        assertThat(said()).isEmpty();
    }

    @Test
    void isNotMadeWhereThatCannotBe() throws Exception {
        Files.writeString(home.resolve(".config"), "a file in the way");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> find(null))
                .withMessageStartingWith(home.resolve(".config/caffeine") + " cannot be made: ")
                .withMessageEndingWith("; name a folder with --path");
    }

    @Test
    void isRealAndAbsolute() throws Exception {
        Path real = Files.createDirectory(home.resolve("real"));
        Path link = Files.createSymbolicLink(home.resolve("link"), real);
        assertThat(find(link + "/../real/.")).isEqualTo(real);
        assertThat(find(".")).isEqualTo(Path.of("").toRealPath());
    }

    @Test
    void isNotMadeWhenItWasNamed() {
        assertMistake(
                home + "/gone",
                "--path: "
                        + home
                        + "/gone is not there; make it with mkdir -p "
                        + home
                        + "/gone, or name another folder");
    }

    @Test
    void isNotMadeFromWhatTheShellDidNotExpand() {
        assertMistake(
                "~/scripts",
                "--path: ~/scripts is not there; the shell left the ~ as it is: write --path ~/..."
                        + " with a space before it");
    }

    @Test
    void isNoFile() throws Exception {
        Path file = Files.writeString(home.resolve("hello.sh"), "");
        assertMistake(
                file.toString(), "--path: " + file + " is a file; name the folder that it lies in");
    }

    @Test
    void isNotNothing() {
        assertMistake("", "--path: \"\" names no folder; \".\" is the current one");
    }

    @Test
    void isReadable() throws Exception {
        Path closed = Files.createDirectory(home.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        if (Files.isReadable(closed)) { // by root; another user: safety.UnprivilegedTest
            assertThat(find(closed.toString())).isEqualTo(closed.toRealPath());
            return;
        }
        assertMistake(
                closed.toString(),
                "--path: " + closed + " cannot be read by this user; try chmod u+rx " + closed);
    }

    private void assertMistake(String given, String message) {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> find(given))
                .withMessage("%s", message);
    }

    private Path find(@Nullable String given) throws StartException {
        var surroundings =
                new Surroundings(
                        Map.of("HOME", home.toString()),
                        "/",
                        "/",
                        List.of(),
                        new PrintStream(errors, true, StandardCharsets.UTF_8));
        return new ServedFolder(Option.PATH, surroundings, true).find(given);
    }

    private String said() {
        return errors.toString(StandardCharsets.UTF_8);
    }
}

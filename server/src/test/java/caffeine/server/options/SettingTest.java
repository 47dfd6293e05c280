package caffeine.server.options;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Errno;
import caffeine.server.socket.Listener;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A program that has a server in it knows no options of a command. */
class SettingTest {

    /** The command's own questions (--check, --try), and the command line of a worker's JVM. */
    private static final Set<String> OF_THE_COMMAND =
            Set.of("Setting.java", "Survey.java", "Trial.java", "WorkerLauncher.java");

    /** One of the JVM is for programs too. */
    private static final Pattern NAMES_AN_OPTION =
            Pattern.compile("\"[^\"\\n]*--(?!enable-native-access)[a-z]");

    @Test
    void noOtherTextNamesAnOption() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            assertThat(files.filter(SettingTest::isOfTheLibrary))
                    .isNotEmpty()
                    .noneMatch(file -> NAMES_AN_OPTION.matcher(text(file)).find());
        }
    }

    private static boolean isOfTheLibrary(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".java") && !OF_THE_COMMAND.contains(name);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void messagesNameMembersOfTheLibrary() {
        InetSocketAddress bind = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);
        for (int errno : new int[] {Errno.EADDRINUSE, Errno.EACCES, Errno.EADDRNOTAVAIL}) {
            assertThat(Listener.failure(bind, false, errno).getMessage())
                    .contains("ServerOptions.")
                    .doesNotContain("--");
        }
        for (Setting setting : Setting.values()) {
            assertThat(setting.toString()).doesNotContain("--").contains(".");
        }
    }
}

package caffeine.cli.options;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The environment of the command, in one place so that tests can replace it.
 *
 * @param environment the environment variables
 * @param userHome where the system's user database says that the user is at home
 * @param javaHome the folder of the Java that runs this process
 * @param commandLine the words that started this process, {@code java} and its options among them
 * @param errors messages for the user: standard error
 */
public record Surroundings(
        Map<String, String> environment,
        String userHome,
        String javaHome,
        List<String> commandLine,
        PrintStream errors) {

    public static Surroundings ofThisProcess() {
        return new Surroundings(
                System.getenv(),
                System.getProperty("user.home", "/"),
                System.getProperty("java.home", "/"),
                readCommandLine(),
                System.err);
    }

    /** man 5 proc_pid_cmdline: each word is followed by a NUL. */
    private static List<String> readCommandLine() {
        try {
            byte[] bytes = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            return List.of(new String(bytes, StandardCharsets.UTF_8).split("\0"));
        } catch (IOException _) {
            return List.of(); // Without /proc; a caller that needs it reports that.
        }
    }

    /** The jars of which this process consists, as far as its command line names them. */
    List<Path> modulePath() {
        List<Path> jars = new ArrayList<>();
        for (int i = 1; i < commandLine.size(); i++) {
            String before = commandLine.get(i - 1);
            if (before.equals("-p") || before.equals("--module-path")) {
                for (String each : commandLine.get(i).split(":", -1)) {
                    jars.add(Path.of(each));
                }
            }
        }
        return jars;
    }

    /**
     * A configuration file with every key: where {@code make install} puts it, or in the source of
     * a command that runs from there. Null when neither is there, as in a container.
     */
    public @Nullable Path exampleConfiguration() {
        List<Path> places = new ArrayList<>();
        // Installed, this Java is PREFIX/lib/caffeine/ID/java.
        places.add(Path.of(javaHome, "../../../../share/doc/caffeine/caffeine.toml"));
        // Built, the jars are in cli/target/app/modules.
        modulePath()
                .forEach(jars -> places.add(jars.resolve("../../../../examples/caffeine.toml")));
        for (Path place : places) {
            Path file = place.toAbsolutePath().normalize();
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        return null;
    }

    /** How many processors this process may use. */
    int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** The user's home folder: {@code $HOME}, else what the system says. */
    public String home() {
        String home = environment.getOrDefault("HOME", "");
        return home.startsWith("/") ? home : userHome;
    }

    /** The same with another stream for messages. */
    public Surroundings withErrors(PrintStream newErrors) {
        return new Surroundings(environment, userHome, javaHome, commandLine, newErrors);
    }

    /** Prints a message of one line to the user; control characters are escaped. */
    public void print(String text) {
        errors.println("caffeine: " + Text.oneLine(text));
        errors.flush();
    }
}

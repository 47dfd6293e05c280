package caffeine.conformance.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where the things under test lie. */
public final class Repository {

    private Repository() {}

    /** The folder that holds the launcher, found upwards from the working directory. */
    public static Path root() {
        Path here = Path.of("").toAbsolutePath();
        for (Path at = here; at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve("conformance"))
                    && Files.exists(at.resolve("pom.xml"))) {
                return at;
            }
        }
        throw new AssertionError(here + " lies in no checkout");
    }

    /** The command under test; another one than the checkout's by {@code -Dcaffeine.launcher}. */
    public static Path launcher() {
        Path launcher = root().resolve(System.getProperty("caffeine.launcher", "caffeine"));
        if (!Files.isExecutable(launcher)) {
            throw new AssertionError(launcher + " is not there, or not executable");
        }
        return launcher;
    }

    /**
     * Sets signals as a shell in the foreground does, and executes its arguments. Tests that run in
     * the background or under nohup have signals ignored, and so would all that they start.
     */
    public static List<String> catchingSignals() {
        return List.of("env", "--default-signal=HUP,INT");
    }

    /** The data of these tests. */
    public static Path resources() {
        return root().resolve("conformance/src/test/resources");
    }
}

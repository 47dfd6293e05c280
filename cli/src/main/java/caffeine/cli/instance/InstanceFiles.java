package caffeine.cli.instance;

import java.nio.file.Path;
import java.util.Objects;

/**
 * Where the files of an instance lie.
 *
 * <pre>
 * /tmp/caffeine_NAME.pid               the number of the process that runs, alone
 * ~/.local/share/caffeine/NAME.lock    locked as long as it runs: the truth about that
 * ~/.local/share/caffeine/NAME.json    what is to be known of it, while it runs
 * ~/.local/share/caffeine/NAME.log     its log, which stays
 * </pre>
 *
 * @param folder the user's folder for all but the first
 * @param name the instance's name, one that {@link #isName} allows
 */
public record InstanceFiles(Path folder, String name) {

    /** The rule of {@link #isName}, for a message. */
    public static final String NAMES =
            "1 to 64 letters (a to z, A to Z), digits, dots, hyphens or underscores, the first of"
                    + " them a letter or digit";

    /** The build sets the property, and nothing else: what it runs leaves nothing in /tmp. */
    static final Path PID_FOLDER = Path.of(System.getProperty("caffeine.pid-folder", "/tmp"));

    static final String PID_PREFIX = "caffeine_";
    static final String PID_SUFFIX = ".pid";
    static final String LOCK_SUFFIX = ".lock";

    private static final int LONGEST_NAME = 64;

    public InstanceFiles {
        Objects.requireNonNull(folder);
        if (!isName(name)) {
            throw new IllegalArgumentException(name);
        }
    }

    /** The files of an instance below this home folder. */
    public static InstanceFiles of(String home, String name) {
        return new InstanceFiles(folder(home), name);
    }

    static Path folder(String home) {
        return Path.of(home, ".local", "share", "caffeine");
    }

    /** Whether an instance may be called so: nothing that a path, a shell or an option reads. */
    public static boolean isName(String name) {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean plain = letter || (c >= '0' && c <= '9');
            if (!plain && (i == 0 || (c != '.' && c != '-' && c != '_'))) {
                return false;
            }
        }
        return true;
    }

    Path pidFile() {
        return PID_FOLDER.resolve(PID_PREFIX + name + PID_SUFFIX);
    }

    Path lock() {
        return folder.resolve(name + LOCK_SUFFIX);
    }

    Path details() {
        return folder.resolve(name + ".json");
    }

    /** The log of the instance. */
    public Path log() {
        return folder.resolve(name + ".log");
    }
}

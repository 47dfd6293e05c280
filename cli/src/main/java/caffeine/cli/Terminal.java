package caffeine.cli;

import java.io.FileInputStream;
import java.io.IOException;

/** The terminal that this process belongs to, if any (man 4 tty). */
final class Terminal {

    private static final String OURS = "/dev/tty";

    private Terminal() {}

    /** Whether there is one; a process in the background has none, nor has one whose was closed. */
    static boolean isThere() {
        try (FileInputStream _ = new FileInputStream(OURS)) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}

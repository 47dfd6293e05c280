package caffeine.bench.server;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A server that the bench knows how to set up. */
public interface ServerKind {

    /** What {@code --only} calls it. */
    String name();

    /** Its version, and how it runs scripts. */
    String description();

    /** What of it is not on this machine, and how to get it; empty when all is there. */
    Optional<String> missing();

    /** The ways in which it runs scripts. */
    List<Mode> modes();

    /**
     * A way to run scripts.
     *
     * @param label the name in tables, of server and mode
     * @param path what stands before the name of a script
     */
    record Mode(String label, String path) {}

    /**
     * Writes its configuration.
     *
     * @return the commands that run it in the foreground, in the order in which they are started
     */
    List<List<String>> prepare(Setup setup) throws IOException;

    /** Whether it picks its port itself, and prints it in the first line of its standard output. */
    default boolean printsItsPort() {
        return false;
    }
}

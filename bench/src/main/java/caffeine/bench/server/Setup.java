package caffeine.bench.server;

import java.nio.file.Path;

/**
 * What every server is told alike.
 *
 * @param folder its own folder, for configuration, logs and sockets; exists and is empty
 * @param documentRoot what it serves
 * @param port where it listens, on the loopback address
 * @param workers how many processes or threads answer
 * @param logs whether it writes a line for each request, to a file
 * @param scriptsAtOnce how many scripts may have to run at one time
 */
public record Setup(
        Path folder, Path documentRoot, int port, int workers, boolean logs, int scriptsAtOnce) {

    /** A file in its own folder. */
    Path file(String name) {
        return folder.resolve(name);
    }
}

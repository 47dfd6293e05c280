package caffeine.server.prefork;

import caffeine.server.options.ServerOptions;

import java.nio.file.Path;
import java.util.List;

/**
 * Options of the prefork engine.
 *
 * @param server for every worker
 * @param workers how many worker processes; at least 1
 * @param javaCommand the program and options that start a worker, up to and without its main class:
 *     {@code java}, options, {@code --module-path}, …
 * @param controlDirectory the parent of the private folder that holds the control socket
 */
public record PreforkOptions(
        ServerOptions server, int workers, List<String> javaCommand, Path controlDirectory) {

    public PreforkOptions {
        if (workers < 1) {
            throw new IllegalArgumentException("workers is " + workers + ", below 1");
        }
        javaCommand = List.copyOf(javaCommand);
    }
}

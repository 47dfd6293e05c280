package caffeine.bench.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Starts a command in a session of its own (setsid(1)): a terminal's Ctrl-C then reaches the bench
 * alone, which ends everything in order.
 */
final class SessionCommand {
    private static final Optional<Path> SETSID = Tools.find("setsid");

    private SessionCommand() {}

    static List<String> wrap(List<String> command) {
        List<String> wrapped = new ArrayList<>();
        SETSID.ifPresent(setsid -> wrapped.add(setsid.toString()));
        wrapped.addAll(command);
        return wrapped;
    }
}

package caffeine.bench.server;

import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks a program for its version. */
final class Versions {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern NUMBER = Pattern.compile("[0-9]+\\.[0-9]+(\\.[0-9]+)?");

    private Versions() {}

    /** The first thing in its answer that looks like one; {@code ""} if nothing does. */
    static String of(Cleanup cleanup, String... command) {
        try {
            Matcher m = NUMBER.matcher(Command.run(cleanup, PATIENCE, List.of(command)).text());
            return m.find() ? m.group() : "";
        } catch (IOException _) {
            return "";
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}

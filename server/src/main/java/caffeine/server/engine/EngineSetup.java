package caffeine.server.engine;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What any engine is made of; each takes what it needs.
 *
 * @param size how many threads, workers, …: what {@link EngineDescription#size} counts
 * @param choices what its other options say, by their names; one that is missing has its default
 * @param ownsProcess whether the process is there for this server alone
 * @param handler what answers; null for what the options name
 * @param java starts more processes of ours
 * @param runtimeFolder for sockets between them; the user's own, or one for all
 */
public record EngineSetup(
        ServerOptions server,
        int size,
        Map<String, String> choices,
        boolean ownsProcess,
        @Nullable Handler handler,
        JavaCommand java,
        Path runtimeFolder) {

    /** The program and its options, up to and without the main class. */
    @FunctionalInterface
    public interface JavaCommand {
        /**
         * The words.
         *
         * @throws StartException when this process does not know how it was started
         */
        List<String> words() throws StartException;
    }

    public EngineSetup {
        choices = Map.copyOf(choices);
    }

    /** The word that was chosen. */
    public String choice(EngineOption option) {
        return choices.getOrDefault(option.name(), String.valueOf(option.byDefault()));
    }
}

package caffeine.server.engine;

import caffeine.server.core.Handler;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The arguments for any engine; each uses some of them.
 *
 * @param size the number of threads, workers, … of {@link EngineDescription#size}
 * @param choices its other options, by their names; a missing one has its default
 * @param ownsProcess whether the process is there for this server alone: then the server raises its
 *     descriptor limit, adopts what scripts leave running, and ends all of its children at the end
 * @param handler the handler, for many threads; null for the options' app
 * @param java the command for more processes of ours
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

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when the size is below 1
     */
    public EngineSetup {
        if (size < 1) {
            throw new IllegalArgumentException("size is " + size + ", below 1");
        }
        choices = Map.copyOf(choices);
    }

    /**
     * A setup for a program that has more to do: in this process, with a handler of its own.
     *
     * @param handler called by many threads at the same time
     */
    public static EngineSetup inProgram(ServerOptions server, int size, Handler handler) {
        return new EngineSetup(server, size, Map.of(), false, handler, List::of, Path.of(""));
    }

    /** The number that was chosen, of an option beside the size. */
    public int number(EngineOption option) {
        return Integer.parseInt(choice(option));
    }

    /** The word that was chosen. */
    public String choice(EngineOption option) {
        return choices.getOrDefault(option.name(), String.valueOf(option.byDefault()));
    }
}

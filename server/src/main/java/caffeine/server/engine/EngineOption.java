package caffeine.server.engine;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * An option of the command that some engines have: a number, such as how many threads, or one of
 * several words. Engines may share one.
 *
 * @param name its long name, without hyphens before it
 * @param letter its short name; null without one
 * @param byDefault what holds without it; null: a number for this machine, one for each processor
 * @param description what the help says
 * @param unit one of what it counts; empty when it is one of several words
 * @param units several of them
 * @param most the largest number
 * @param choices the words; none when it is a number
 */
public record EngineOption(
        String name,
        @Nullable String letter,
        @Nullable String byDefault,
        String description,
        String unit,
        String units,
        int most,
        List<String> choices) {

    private static final int MOST = 256;

    /** How many threads an engine has. */
    public static final EngineOption THREADS =
            new EngineOption(
                    "threads", null, null, "threads", "thread", "threads", MOST, List.of());

    /** How many worker processes an engine has. */
    public static final EngineOption WORKERS =
            new EngineOption(
                    "workers", "w", "4", "worker processes", "worker", "workers", MOST, List.of());

    public EngineOption {
        choices = List.copyOf(choices);
    }

    /** One of these words; the first is the default. */
    public static EngineOption choice(String name, String description, String... words) {
        return new EngineOption(name, null, words[0], description, "", "", 0, List.of(words));
    }

    /**
     * By its name, which is its own. Written out: what a record makes of all components costs each
     * start 16 classes that no AOT cache holds, and some 30 ms of CPU time.
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EngineOption option && name.equals(option.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    /** Whether it is a number. */
    public boolean isNumber() {
        return choices.isEmpty();
    }

    /** In words: {@code 4 workers}. */
    public String count(int number) {
        return number + " " + (number == 1 ? unit : units);
    }
}

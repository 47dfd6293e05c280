package caffeine.server.engine;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * An option of the command that some engines have: a number, such as how many threads, one of
 * several words, or a switch. Engines may share one.
 *
 * @param name its long name, without hyphens before it; of a switch, what {@code --no-} precedes
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

    /** A switch is on. */
    public static final String ON = "yes";

    /** A switch is off. */
    public static final String OFF = "no";

    /** How many threads an engine has. */
    public static final EngineOption THREADS =
            new EngineOption(
                    "threads", null, null, "threads", "thread", "threads", MOST, List.of());

    /** How many worker processes an engine has. */
    public static final EngineOption WORKERS =
            new EngineOption(
                    "workers", "w", "4", "worker processes", "worker", "workers", MOST, List.of());

    /** How many processes an engine may have that serve one connection each. */
    public static final EngineOption MAX_CHILDREN =
            new EngineOption(
                    "max-children",
                    null,
                    "64",
                    "maximum number of child processes",
                    "child",
                    "children",
                    MOST,
                    List.of());

    /** How many of them wait for a connection. */
    public static final EngineOption SPARES =
            new EngineOption(
                    "spares",
                    null,
                    "2",
                    "spare child processes",
                    "spare",
                    "spares",
                    MOST,
                    List.of());

    /** Copies the list. */
    public EngineOption {
        choices = List.copyOf(choices);
    }

    /** One of these words; the first is the default. */
    public static EngineOption choice(String name, String description, String... words) {
        return new EngineOption(name, null, words[0], description, "", "", 0, List.of(words));
    }

    /**
     * A switch that is on without the option: {@code --no-pin} on the command line, and {@code pin
     * = false} in a file. Its value is {@link #ON} or {@link #OFF}.
     *
     * @param description of what the option does, which is to switch it off
     */
    public static EngineOption switchedOff(String name, String description) {
        return choice(name, description, ON, OFF);
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

    /** Whether it is a switch. */
    public boolean isSwitch() {
        return choices.size() == 2 && choices.getFirst().equals(ON) && choices.contains(OFF);
    }

    /** In words: {@code 4 workers}. */
    public String count(int number) {
        return number + " " + (number == 1 ? unit : units);
    }
}

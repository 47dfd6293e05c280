package caffeine.cli.options;

import caffeine.server.engine.StartException;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * All mistakes of a configuration, so that one run reports them all. Each is one line: the thing,
 * the reason, the next step.
 */
public final class Mistakes {

    private static final String SEE_HELP = "caffeine --help lists the options";

    /** A file that is something else has hundreds; these are enough to see that. */
    private static final int MOST_TOLD = 20;

    private record InFile(int line, String text) {}

    private final List<UsageException> ofWords = new ArrayList<>();
    private final List<InFile> ofFile = new ArrayList<>();
    private final List<StartException> others = new ArrayList<>();

    /** Adds one in the command's words. */
    public void add(UsageException mistake) {
        ofWords.add(mistake);
    }

    /** Adds one that prevents a start, whatever it is. */
    public void add(StartException mistake) {
        others.add(mistake);
    }

    /**
     * Adds one in the configuration file.
     *
     * @param text the whole message, with the line number
     */
    void addInFile(int line, String text) {
        ofFile.add(new InFile(line, text));
    }

    public boolean isEmpty() {
        return ofWords.isEmpty() && ofFile.isEmpty() && others.isEmpty();
    }

    /** The same mistakes, to which others can be added. */
    public Mistakes copy() {
        Mistakes copy = new Mistakes();
        copy.ofWords.addAll(ofWords);
        copy.ofFile.addAll(ofFile);
        copy.others.addAll(others);
        return copy;
    }

    /**
     * Throws the first mistake, if there is one, with the others as suppressed ones; {@link
     * #messages} has them all.
     *
     * @throws UsageException when there are some in the command's words, which come first
     * @throws StartException when there are others alone; those in the file by their lines
     */
    public void check() throws UsageException, StartException {
        List<Exception> all = new ArrayList<>(ofWords);
        ofFile.sort(Comparator.comparingInt(InFile::line));
        ofFile.forEach(each -> all.add(new StartException(each.text())));
        all.addAll(others);
        if (all.isEmpty()) {
            return;
        }
        Exception first = all.getFirst();
        all.stream().skip(1).limit(MOST_TOLD - 1).forEach(first::addSuppressed);
        if (all.size() > MOST_TOLD) {
            String more = "and " + (all.size() - MOST_TOLD) + " more; correct these first";
            first.addSuppressed(new StartException(more));
        }
        if (first instanceof UsageException mistake) {
            throw mistake;
        }
        if (first instanceof StartException mistake) {
            throw mistake;
        }
    }

    /** The messages of a mistake and of all others that were found with it. */
    public static List<String> messages(Exception mistake) {
        List<String> messages = new ArrayList<>();
        messages.add(String.valueOf(mistake.getMessage()));
        for (Throwable other : mistake.getSuppressed()) {
            messages.add(String.valueOf(other.getMessage()));
        }
        return messages;
    }

    // ---- words that the parser could not make sense of

    /** A word that is no option's. */
    static UsageException stray(String word) {
        String advice =
                word.isEmpty()
                        ? "an option's value must follow its name"
                        : "if it is the folder to serve, write --path " + Text.oneLine(word);
        return new UsageException(Text.quoted(word) + " belongs to no option; " + advice);
    }

    static UsageException missingValue(Option option) {
        String name = option.longName();
        return new UsageException(name + " needs a value; write " + name + " " + option.label);
    }

    /** A word that looks like an option. The parser calls a flag with a value unknown as well. */
    public static UsageException unknown(String word) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        Option known = named(name);
        if (known != null) {
            return new UsageException(
                    known.longName() + " takes no value; give it alone, or leave it out");
        }
        String near = Nearest.of(name, Option.values().stream().map(Option::longName).toList());
        String advice = near == null ? SEE_HELP : "did you mean " + near + "?";
        return new UsageException("there is no option " + Text.quoted(name) + "; " + advice);
    }

    private static @Nullable Option named(String name) {
        for (Option option : Option.values()) {
            if (List.of(option.names()).contains(name)) {
                return option;
            }
        }
        return null;
    }

    /**
     * An unexpected failure in one line, and the place in our code that a report of it should name.
     */
    public static String explain(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        String place = trace.length == 0 ? "" : " at " + trace[0];
        for (StackTraceElement element : trace) {
            if (element.getClassName().startsWith("caffeine.")) {
                place = " at " + element;
                break;
            }
        }
        return "a mistake in Caffeine itself: "
                + failure
                + place
                + "; please report it with this line and the command";
    }
}

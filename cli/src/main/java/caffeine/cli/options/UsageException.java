package caffeine.cli.options;

import org.jspecify.annotations.Nullable;

/** A mistake in the command line. Its message is one line for the user; the exit code is 2. */
public final class UsageException extends Exception {

    private static final long serialVersionUID = 1;

    private final transient @Nullable Option option;
    private final String value;
    private final String explanation;

    public UsageException(String message) {
        super(message);
        this.option = null;
        this.value = "";
        this.explanation = message;
    }

    /**
     * A value that an option cannot take.
     *
     * @param option null when the catching code knows the option
     * @param reason what is wrong, as the rest of a sentence that begins with the value
     * @param advice what to do instead
     */
    public UsageException(@Nullable Option option, String value, String reason, String advice) {
        this(option, value, Text.quoted(value) + " " + reason + "; " + advice);
    }

    private UsageException(@Nullable Option option, String value, String explanation) {
        super(option == null ? explanation : option.longName() + ": " + explanation);
        this.option = option;
        this.value = value;
        this.explanation = explanation;
    }

    /** The option that has the value; null when there is none. */
    public @Nullable Option option() {
        return option;
    }

    /** The value, or its wrong part. */
    public String value() {
        return value;
    }

    /** The message without the option's name. */
    String explanation() {
        return explanation;
    }
}

package caffeine.cli;

/** A mistake in the command line. Its message is one line for the user; the exit code is 2. */
final class UsageException extends Exception {

    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }

    /**
     * A value that an option cannot take.
     *
     * @param reason what is wrong, as the rest of a sentence that begins with the value
     * @param advice what to do instead
     */
    UsageException(Option option, String value, String reason, String advice) {
        this(option.longName() + ": " + Text.quoted(value) + " " + reason + "; " + advice);
    }
}

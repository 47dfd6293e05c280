package caffeine.cli.instance;

/** A failed command on an instance; the message has the thing, the reason and the next step. */
public final class InstanceException extends Exception {

    private static final long serialVersionUID = 1;

    public InstanceException(String message) {
        super(message);
    }
}

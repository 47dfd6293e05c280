package caffeine.cli.instance;

/** Says to a user what cannot be done with an instance: the thing, the reason, the next step. */
public final class InstanceException extends Exception {

    private static final long serialVersionUID = 1;

    public InstanceException(String message) {
        super(message);
    }
}

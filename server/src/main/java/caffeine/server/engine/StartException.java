package caffeine.server.engine;

/** Says to a user why a server cannot start: the thing, the reason, the next step. */
public final class StartException extends Exception {

    private static final long serialVersionUID = 1;

    public StartException(String message) {
        super(message);
    }
}

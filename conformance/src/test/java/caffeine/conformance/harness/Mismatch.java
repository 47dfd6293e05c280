package caffeine.conformance.harness;

/** The server did something else than was due, or sent a malformed response. */
public class Mismatch extends AssertionError {

    private static final long serialVersionUID = 1;

    public Mismatch(String message) {
        super(message);
    }

    /** The connection ended where a response could have begun. */
    public static final class Gone extends Mismatch {

        private static final long serialVersionUID = 1;

        Gone(String message) {
            super(message);
        }
    }
}

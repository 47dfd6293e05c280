package caffeine.conformance.cases;

/** The table is wrong, not the server. */
final class TableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    TableException(String message) {
        super(message);
    }
}

package caffeine.http;

/**
 * A violation of the protocol, or of one of the {@link Limits}: the status that answers it, the
 * section of the RFC that it breaks, and a detail for the log. It is thrown in the codec and caught
 * in one place. It has no stack trace, because clients can cause it as often as they like.
 *
 * <pre>{@code
 * throw new HttpException(409, "RFC 9110 §15.5.10", "an older version");
 * }</pre>
 */
public final class HttpException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final FieldList NO_FIELDS = new FieldList();

    /** That answers it. */
    private final int status;

    /** What it breaks. */
    private final String section;

    /** What was wrong. */
    private final String detail;

    /** Of the answer. */
    @SuppressWarnings("serial") // it is never serialized
    private final FieldList fields;

    /**
     * A violation.
     *
     * @param status the status that answers it, 400 to 599
     * @param section what it breaks, such as {@code "RFC 9112 §5.1"}
     * @param detail what was wrong, for the log at DEBUG; never shown to a client
     * @throws IllegalArgumentException for another status: an interim one would leave the client
     *     without an answer
     */
    public HttpException(int status, String section, String detail) {
        this(status, section, detail, NO_FIELDS);
    }

    /**
     * A violation whose answer has fields of its own.
     *
     * @param fields what it says: {@code Allow} with a 405 (RFC 9110 §15.5.6)
     * @throws IllegalArgumentException for a status outside 400 to 599
     */
    public HttpException(int status, String section, String detail, FieldList fields) {
        super(status + " (" + section + "): " + detail, null, false, false);
        this.status = Status.requireError(status);
        this.section = section;
        this.detail = detail;
        this.fields = fields;
    }

    /** The status that answers the violation, 400 to 599. */
    public int status() {
        return status;
    }

    /** Field lines of the answer for this status; mostly none. */
    public Fields fields() {
        return fields;
    }

    /** The violated rule, such as {@code "RFC 9112 §5.1"}. */
    public String section() {
        return section;
    }

    /** The reason, for the log; never shown to a client. */
    public String detail() {
        return detail;
    }
}

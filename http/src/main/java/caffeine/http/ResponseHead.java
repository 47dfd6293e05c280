package caffeine.http;

import org.jspecify.annotations.Nullable;

/**
 * The head of a response from its author. Message framing, persistence and the date depend on the
 * connection and are added by the encoder.
 *
 * <pre>{@code
 * ResponseHead head = ResponseHead.of(200);
 * head.fields().add("Content-Type", "text/csv");
 * }</pre>
 *
 * @param status 100 to 599, RFC 9110 §15
 * @param reason the reason phrase, or null for the registered one; RFC 9112 §4
 * @param fields the field section
 */
public record ResponseHead(int status, @Nullable String reason, FieldList fields) {

    /**
     * A head.
     *
     * @throws IllegalArgumentException for a status outside 100 to 599, and for a reason phrase
     *     with a control character or one above U+00FF: it would not stay one line
     */
    public ResponseHead {
        if (!Status.isValid(status)) {
            throw new IllegalArgumentException("not a status (RFC 9110 §15): " + status);
        }
        if (reason != null && !Syntax.isFieldValue(reason)) {
            throw new IllegalArgumentException(
                    "a character that no reason phrase may have (RFC 9112 §4)");
        }
    }

    /** A head of that status, without fields as yet. */
    public static ResponseHead of(int status) {
        return new ResponseHead(status, null, new FieldList());
    }
}

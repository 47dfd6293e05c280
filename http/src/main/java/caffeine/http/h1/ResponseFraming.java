package caffeine.http.h1;

import caffeine.http.Status;

/**
 * How the client will know where the content of a response ends, RFC 9112 §6.3.
 *
 * @param kind what ends the content
 * @param length the Content-Length to state, or {@link #NO_LENGTH} for none
 */
public record ResponseFraming(Kind kind, long length) {

    /** No Content-Length is known, or none is stated. */
    public static final long NO_LENGTH = -1;

    /** The end of the content. */
    public enum Kind {
        /** The end of the head: there is no content, regardless of the stated length. */
        NO_CONTENT,
        /** The stated number of bytes. */
        LENGTH,
        /** The last chunk, RFC 9112 §7.1. */
        CHUNKED,
        /** The end of the connection, for HTTP/1.0 content of unknown length. */
        CLOSE
    }

    private static final ResponseFraming BARE = new ResponseFraming(Kind.NO_CONTENT, NO_LENGTH);
    private static final ResponseFraming EMPTY = new ResponseFraming(Kind.NO_CONTENT, 0);
    private static final ResponseFraming CHUNKED = new ResponseFraming(Kind.CHUNKED, NO_LENGTH);
    private static final ResponseFraming CLOSE = new ResponseFraming(Kind.CLOSE, NO_LENGTH);

    /**
     * The framing of a response.
     *
     * @param requestMethod the method that it answers
     * @param requestMinor the minor version that it answers: 0 is never sent chunks
     * @param status its status
     * @param declaredLength how many bytes of content its author will give (for HEAD: would have
     *     given to a GET), or {@link #NO_LENGTH} when that is not known
     */
    public static ResponseFraming of(
            String requestMethod, int requestMinor, int status, long declaredLength) {
        if (!Status.hasContent(status)) {
            return withoutContent(status, declaredLength);
        }
        if (requestMethod.equals("HEAD")) {
            return declaredLength < 0 ? BARE : new ResponseFraming(Kind.NO_CONTENT, declaredLength);
        }
        if (requestMethod.equals("CONNECT") && status < 300) {
            return BARE;
        }
        if (declaredLength >= 0) {
            return new ResponseFraming(Kind.LENGTH, declaredLength);
        }
        return requestMinor == 0 ? CLOSE : CHUNKED;
    }

    /**
     * Neither field in 1xx and 204 (RFC 9110 §8.6, RFC 9112 §6.1). 205 says that it is empty (RFC
     * 9110 §15.3.6). 304 may repeat the length of the representation; but 0 there nearly always
     * means "no content", and stating that would be wrong (RFC 9110 §8.6).
     */
    private static ResponseFraming withoutContent(int status, long declaredLength) {
        if (status == 205) {
            return EMPTY;
        }
        return status == 304 && declaredLength > 0
                ? new ResponseFraming(Kind.NO_CONTENT, declaredLength)
                : BARE;
    }

    /** Whether content is sent behind the head; if not, what the author gives is dropped. */
    public boolean hasContent() {
        return kind != Kind.NO_CONTENT;
    }

    /** Whether the connection must close behind the response, because that alone ends it. */
    public boolean endsConnection() {
        return kind == Kind.CLOSE;
    }
}

package caffeine.http.h1;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.Syntax;

/**
 * How long the content of a request is, RFC 9112 §6. A request with ambiguous framing is refused,
 * because it allows request smuggling (§11.2).
 */
final class MessageFraming {
    private MessageFraming() {}

    /**
     * The declared bytes of content, {@link RequestHead#NO_LENGTH} or {@link RequestHead#CHUNKED}.
     *
     * @throws HttpException 400; 413 for more bytes than can be counted; 501 for codings that are
     *     not known
     */
    static long contentLength(FieldTable fields, ListElements elements, int minorVersion) {
        int length = fields.find(FieldTable.Role.CONTENT_LENGTH, 0);
        if (fields.find(FieldTable.Role.TRANSFER_ENCODING, 0) < 0) {
            return length < 0 ? RequestHead.NO_LENGTH : declared(fields, length);
        }
        if (minorVersion == 0) {
            throw new HttpException(400, "RFC 9112 §6.1", "Transfer-Encoding in HTTP/1.0");
        }
        if (length >= 0) {
            throw new HttpException(
                    400, "RFC 9112 §6.1", "both Transfer-Encoding and Content-Length");
        }
        elements.begin(FieldTable.Role.TRANSFER_ENCODING);
        requireChunkedAlone(elements);
        return RequestHead.CHUNKED;
    }

    /** {@code 1*DIGIT}, once, RFC 9110 §8.6. */
    private static long declared(FieldTable fields, int line) {
        if (fields.find(FieldTable.Role.CONTENT_LENGTH, line + 1) >= 0) {
            throw new HttpException(400, "RFC 9112 §6.3", "repeated Content-Length");
        }
        byte[] b = fields.bytes();
        int from = fields.valueStart(line);
        int to = fields.valueEnd(line);
        for (int at = from; at < to; at++) {
            if (!Syntax.isDigit(b[at])) {
                throw malformedLength();
            }
        }
        if (from == to) {
            throw malformedLength();
        }
        return number(b, from, to);
    }

    private static long number(byte[] b, int from, int to) {
        long number = 0;
        for (int at = from; at < to; at++) {
            int digit = b[at] - '0';
            if (number > (Long.MAX_VALUE - digit) / 10) {
                throw new HttpException(413, "RFC 9110 §8.6", "a length beyond 63 bits");
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** Chunked must be the last coding, and it is the only one we decode: RFC 9112 §6.1, §6.3. */
    private static void requireChunkedAlone(ListElements codings) {
        int count = 0;
        int chunked = 0;
        boolean lastIsChunked = false;
        while (codings.next()) {
            count++;
            requireCoding(codings);
            lastIsChunked = codings.is("chunked");
            chunked += lastIsChunked ? 1 : 0;
        }
        if (!lastIsChunked) {
            throw new HttpException(400, "RFC 9112 §6.3", "chunked is not the last coding");
        }
        if (chunked > 1) {
            throw new HttpException(400, "RFC 9112 §6.1", "chunked twice");
        }
        if (count > 1) {
            throw new HttpException(501, "RFC 9112 §6.1", "a transfer coding that is not known");
        }
    }

    /** {@code token *( OWS ";" OWS parameter )}, of which only the beginning matters here. */
    private static void requireCoding(ListElements coding) {
        byte[] b = coding.bytes();
        int length = coding.tokenLength();
        int at = coding.start() + length;
        while (at < coding.end() && Syntax.isWhitespace(b[at])) {
            at++;
        }
        if (length == 0 || (at < coding.end() && b[at] != ';')) {
            throw new HttpException(400, "RFC 9110 §10.1.4", "not a transfer coding");
        }
    }

    private static HttpException malformedLength() {
        return new HttpException(400, "RFC 9110 §8.6", "Content-Length is not a number");
    }
}

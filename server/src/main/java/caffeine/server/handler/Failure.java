package caffeine.server.handler;

import caffeine.http.HttpException;

/** What goes wrong in handlers, as the server takes it. */
final class Failure {

    private Failure() {}

    /** The time for an answer is over. */
    static HttpException tooSlow() {
        return new HttpException(504, "RFC 9110 §15.6.5", "the handler took too long");
    }
}

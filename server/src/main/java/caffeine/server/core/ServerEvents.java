package caffeine.server.core;

/**
 * Receives events: low layers report here and never log. Called on the loop threads, so an
 * implementation must be quick.
 */
public interface ServerEvents {

    /** An exchange ended. */
    default void exchangeEnded(ExchangeReport report) {}

    /**
     * Whether successful exchanges are reported; asked for each one, to save the work of the
     * report.
     */
    default boolean wantsExchanges() {
        return true;
    }

    /** A script has answered directly. */
    int STATUS_UNKNOWN = 0;

    /** The connection ended without a status. */
    int STATUS_NONE = -1;

    /** A request was refused: the status that it got, the rule, and what was wrong. */
    default void refused(ClientAddress client, int status, String section, String detail) {}

    /** A limit or a deadline ended something. Many of these may come at once. */
    default void limitReached(ClientAddress client, String limit, String detail) {}

    /**
     * A call of the kernel failed for a client, which was disconnected.
     *
     * @param errno of the call; 0 when it is not known
     */
    default void connectionFailed(ClientAddress client, int errno) {}

    /** A script or its launch failed. */
    default void handlerFailed(String script, String detail) {}

    /** A script's process ended normally. */
    default void handlerEnded(String script, int pid, String outcome, long durationNs) {}

    /** A line that a script wrote to its standard error, without its line end. */
    default void handlerSaid(String script, String line) {}

    /** Instead of a number of bytes: no response had begun. */
    long NOTHING_SENT = -1;

    /**
     * A handler in Java took longer than {@code Deadlines.handlerNs}.
     *
     * @param request method and target, as the client sent them
     * @param durationNs since the request's head was complete
     * @param sentBytes how much content had been sent when the response was cut; {@link
     *     #NOTHING_SENT} when the client got 504 instead
     */
    default void handlerTimedOut(String request, long durationNs, long sentBytes) {}

    /** A mistake of the server, or of a handler written in Java. */
    default void mistake(String component, Throwable mistake) {}

    /**
     * The same in answering a request.
     *
     * @param request method and target, as the client sent them
     */
    default void mistake(String component, String request, Throwable mistake) {
        mistake(component, mistake);
    }

    /** Information for the operator. */
    default void warning(String component, String detail) {}

    /** Information for developers. */
    default void debug(String component, String detail) {}
}

package caffeine.server.core;

/**
 * A protocol over a {@link Transport}: receives bytes, the end of input, failures and timestamps,
 * answers through the transport, and never touches a socket. A transport has one protocol at a
 * time; {@link Transport#upgrade} replaces it. All calls come on the thread that drives the
 * connection.
 *
 * <pre>{@code
 * exchange.upgrade(switchingTo("echo"), (transport, nowNs) -> new EchoProtocol(transport));
 * }</pre>
 */
public interface Protocol {

    /** Makes the protocol of a connection. */
    @FunctionalInterface
    interface Factory {

        /**
         * Begins on a connection. The protocol requests its first {@link Transport#deadline} here;
         * it may send at once.
         *
         * @param nowNs the time of this turn
         */
        Protocol begin(Transport transport, long nowNs);
    }

    /**
     * A transport over a transport, such as TLS, between a client and HTTP. A {@link Handler} that
     * implements this has it on each of its connections.
     */
    @FunctionalInterface
    interface Layer {

        /** Puts this below the protocols of that factory. */
        Factory below(Factory protocols);
    }

    /**
     * Bytes of the client. Those that arrive while reading is {@linkplain Transport#pauseReading
     * paused} were read before.
     *
     * @param bytes valid during the call only
     * @param nowNs the time of this turn
     */
    void received(byte[] bytes, int from, int to, long nowNs);

    /** The client sends no more, and may still read. */
    void ended(long nowNs);

    /**
     * The connection is broken. Also after the protocol has closed it, when its last output could
     * not be sent.
     *
     * @param errno the error of the kernel
     */
    void failed(int errno, long nowNs);

    /**
     * The client takes its response too slowly.
     *
     * @param limit the option of the limit, such as {@code send-timeout}
     */
    void tooSlow(String limit, long nowNs);

    /** The time of {@link Transport#deadline} has come. */
    void expired(long nowNs);

    /** All output has been sent. */
    void drained(long nowNs);

    /** Drains: closes as soon as no request is lost; now, if it {@link #isIdle}. */
    void drain();

    /** Whether no request is in progress, so that closing now loses nothing. */
    boolean isIdle();

    /** Whether no request has been in progress for so long. */
    boolean isIdleFor(long ns);

    /** A mistake of the server: reports it, and ends the connection. */
    void broken(Throwable mistake);

    /** Ends everything now, by {@link Transport#reset}; harmless when all has ended. */
    void reset();
}

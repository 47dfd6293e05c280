package caffeine.server.core;

/**
 * What gives a client's bytes a meaning: receives bytes, ends, failures and times from a {@link
 * Transport}, answers through it, and never touches a socket. A transport has one protocol at a
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
         * Begins on a connection. The protocol asks for its first {@link Transport#deadline} here;
         * it may send at once.
         *
         * @param nowNs the time of this turn
         */
        Protocol begin(Transport transport, long nowNs);
    }

    /**
     * A transport over a transport, such as TLS: what stands between a client and HTTP. A {@link
     * Handler} that implements this has it on each of its connections.
     */
    @FunctionalInterface
    interface Layer {

        /** Puts this below the protocols of that factory. */
        Factory below(Factory protocols);
    }

    /**
     * Bytes of the client. Those that come while reading is {@linkplain Transport#pauseReading
     * paused} were read before.
     *
     * @param bytes valid during the call only
     * @param nowNs the time of this turn
     */
    void received(byte[] bytes, int from, int to, long nowNs);

    /** The client sends no more, and may still read. */
    void ended(long nowNs);

    /**
     * The connection is broken: nothing arrives there any more.
     *
     * @param errno why, as the kernel says
     */
    void failed(int errno, long nowNs);

    /**
     * The client takes what it is sent too slowly.
     *
     * @param limit the option whose limit it passed, such as {@code send-timeout}
     */
    void tooSlow(String limit, long nowNs);

    /** The time that was asked for with {@link Transport#deadline} has come. */
    void expired(long nowNs);

    /** All that was sent has gone out. */
    void drained(long nowNs);

    /** Closes as soon as nothing is lost by that: now, if it {@link #isIdle}. */
    void drain();

    /** Whether nothing is under way, so that closing now loses nothing. */
    boolean isIdle();

    /** Whether nothing has been under way for so long. */
    boolean isIdleFor(long ns);

    /** The server made a mistake with this connection: reports it, and ends the connection. */
    void broken(Throwable mistake);

    /** Ends everything now, by {@link Transport#reset}; harmless when all has ended. */
    void reset();
}

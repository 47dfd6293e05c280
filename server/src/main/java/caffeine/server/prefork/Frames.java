package caffeine.server.prefork;

/**
 * The messages of parent and worker over the control socket.
 *
 * <p>Parent to worker, each a type byte, the payload's length in four bytes (little-endian), and
 * the payload; a frame that carries descriptors has them in its first byte's SCM_RIGHTS. Worker to
 * parent, single bytes but for {@link #GONE}.
 */
final class Frames {

    /** Carries a file in memory with the options, as {@link OptionsCodec} writes them; first. */
    static final byte OPTIONS = 'O';

    /** Carries one of the descriptors of the handler slots; they come in their order. */
    static final byte SLOTS = 'S';

    /** Carries the memory of {@link ReturnedCredits}; comes before the slots. */
    static final byte CREDITS = 'R';

    /** Carries the log file or the access log, which of them its payload's byte says. */
    static final byte LOG = 'L';

    static final byte MAIN_LOG = 0;
    static final byte ACCESS_LOG = 1;

    /**
     * Carries clients, as many descriptors as there are sockaddrs of {@link #ADDRESS_BYTES} in the
     * payload, in the same order.
     */
    static final byte CLIENTS = 'C';

    /** A sockaddr_in6, the larger of the two that a client may have (ipv6(7)). */
    static final int ADDRESS_BYTES = 28;

    /** Wants a {@link #PONG}. */
    static final byte PING = 'P';

    /** No more clients come; end when the last exchange has. */
    static final byte DRAIN = 'D';

    /** A client waits, and there is no place for it: idle connections close. */
    static final byte SHORTAGE = 'W';

    /** No more clients come; connected clients may send one more request. */
    static final byte RETIRE = 'Q';

    /**
     * From a worker, first of all, with its own end of the socket: after its death, the parent
     * takes back the clients that the worker has not read.
     */
    static final byte HELLO = 'h';

    /** From a worker: a credit for one more client; sent at its start. */
    static final byte READY = 'r';

    /** From a worker, to a parent that awaits it: credits were returned. */
    static final byte RETURNED = 'R';

    /**
     * From a worker, where clients of one address are limited: room for one more, since the client
     * whose address follows in 16 bytes (IPv4 in its last four) is gone.
     */
    static final byte GONE = 'x';

    static final int GONE_BYTES = 1 + 16;

    /** From a worker: its loop responds. */
    static final byte PONG = 'p';

    static final int HEAD_BYTES = 5;

    private Frames() {}
}

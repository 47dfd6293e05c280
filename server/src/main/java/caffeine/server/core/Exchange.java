package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;

import java.nio.ByteBuffer;

/**
 * One request and its response. A handler answers with {@link #respond} and {@link #finish}, in one
 * go or in pieces, any time after it was called; or lends the client's socket to a process; or
 * gives the connection to another protocol. On the thread that drives the connection only, but for
 * {@link #execute}.
 */
public interface Exchange {

    /** Above this many unsent bytes a handler should wait for {@link ExchangeListener#writable}. */
    int HIGH_WATER_BYTES = 256 * 1024;

    // ---- the request

    /** The request's head; valid until the response is complete. */
    RequestHead request();

    /** The other end of the connection, or the client of a trusted proxy there. */
    ClientAddress client();

    /**
     * The port that the client connected to, here or at a trusted proxy. A Unix-domain socket has
     * none: what the request's authority names stands for it, else HTTP's own.
     */
    int localPort();

    /** Whether the client asked by https, as a trusted proxy says. */
    boolean isSecure();

    /** The address that the client connected to, as it stands in a URL: IPv6 in brackets. */
    String localHost();

    // ---- time

    /** When the request's head was complete. */
    long startNs();

    /** The time of this turn. */
    long nowNs();

    /** How long a handler may take, as the server was told; 0: any time. */
    long handlerNs();

    /**
     * Asks for {@link ExchangeListener#expired} at a time, in place of what was asked before; it
     * does not come while content is awaited from the client, for which there is another deadline.
     *
     * @param atNs a {@link #nowNs}, or {@link Long#MAX_VALUE} for never
     */
    void answerBy(long atNs);

    /**
     * Runs a task where the calls of this interface belong: on the thread that drives the
     * connection, later, and after the tasks that were given before it. The one method that other
     * threads may call. The task runs also when the exchange is over by then: {@link #isDone()}
     * tells. What it throws is logged and ends the connection.
     */
    void execute(Runnable task);

    // ---- content of the request

    /**
     * Asks for no more content until {@link #resumeContent}; no deadline runs for the client
     * meanwhile. Bytes that have been read by now still come: up to 64 KiB, and those that the
     * client sent ahead of an earlier response.
     */
    void pauseContent();

    /** Asks for content again. */
    void resumeContent();

    /**
     * Says that all content will be taken, also after the response has begun. Otherwise a response
     * that begins long before the content's end is the connection's last.
     */
    void takeAllContent();

    // ---- the response

    /**
     * Begins the response.
     *
     * @param contentLength how many bytes will be written, or -1 when that is not known yet
     * @throws IllegalArgumentException for an interim status (1xx), which is no response yet
     * @throws IllegalStateException when a response has begun
     */
    void respond(ResponseHead head, long contentLength);

    /** A whole response. */
    void respond(ResponseHead head, byte[] content);

    /** A whole response whose bytes are kept; the usual request is answered with a copy of them. */
    void respond(PreparedResponse prepared);

    /**
     * Begins a response whose every byte, status line included, is written as it is. The connection
     * closes after it.
     *
     * @param statusSeen what its status line says, for the log
     */
    void respondRaw(int statusSeen);

    /** Some of the response's content. Bytes beyond its Content-Length are dropped. */
    void write(byte[] bytes, int from, int to);

    /** Like {@link #write(byte[], int, int)}, by absolute indexes. */
    void write(ByteBuffer bytes, int from, int to);

    /**
     * A range of a file as content of the response; takes ownership of it. It goes out as the
     * client takes it: {@link #awaitRoom} tells when all of it has, for a handler that finishes
     * then.
     */
    void write(FileRange file);

    /** Ends the response. One that is shorter than it announced is cut by a reset instead. */
    void finish();

    /** Whether a response has begun, so that no other can be sent. */
    boolean isResponding();

    /** Whether nothing can be sent any more. */
    boolean isDone();

    /** How much content a response under way lacks of what it announced; 0 when it did not. */
    long missingBytes();

    /** Whether a response under way has less content yet than it announced. */
    boolean isShort();

    // ---- the client's pace

    /** Whether there is room; if not, {@link ExchangeListener#writable} will tell. */
    boolean isWritable();

    /** How many bytes should be written now, so that memory is left for other clients. */
    long room();

    /** Asks for {@link ExchangeListener#writable} when the client has taken all that waits. */
    void awaitRoom();

    /** How many bytes the client has not taken yet, of this response and of those before it. */
    long unsentBytes();

    // ---- errors

    /**
     * Answers with an error page; when a response has begun, cuts it instead.
     *
     * @param errorStatus 400 to 599
     * @throws IllegalArgumentException for another
     */
    void respondError(int errorStatus);

    /** Refuses the request, as a handler does that throws; for where there is no call to throw. */
    void refuse(HttpException e);

    /**
     * The server made a mistake in answering: fails this request only, with 500. Like {@link
     * #refuse}, for where there is no call to throw from.
     */
    void broken(String component, Throwable mistake);

    /**
     * The handler's time is over: 504 when nothing of a response has gone out, else it is cut, so
     * that it never looks whole. A warning tells which.
     */
    void handlerTimedOut();

    /**
     * Gives up a response that cannot be completed: 502 when nothing of it has gone out, else it is
     * cut, so that it never looks whole.
     */
    void fail();

    // ---- processes

    /** What the log says of the process that answered; several after local redirects. */
    void handlerEnded(HandlerEnd end);

    /**
     * Lends the client's socket to a process that will write the whole response.
     *
     * @return the descriptor; or {@link Transport#UNSENT}, after which {@link
     *     ExchangeListener#writable} says when to try again; or {@link Transport#NO_DESCRIPTOR}
     */
    int lend();

    /**
     * Ends the loan without a response having begun, for a launch that failed or a process that
     * wrote nothing, or with it.
     *
     * @return how many bytes the process wrote; when there are any, the exchange is over
     */
    long takeBack();

    // ---- another protocol

    /**
     * Ends the exchange with 101 (Switching Protocols) and gives the connection to another
     * protocol, with the bytes that the client has sent behind the request (RFC 9110 §7.8). The
     * request must be complete: a handler does this at {@link ExchangeListener#end} or later.
     *
     * @param head status 101, with a field {@code Upgrade}
     * @throws IllegalStateException when the request is incomplete or of HTTP/1.0, or when a
     *     response has begun
     */
    void upgrade(ResponseHead head, Protocol.Factory next);
}

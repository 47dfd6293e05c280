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
 *
 * <pre>{@code
 * byte[] content = "Hello\n".getBytes(UTF_8);
 * exchange.respond(ResponseHead.of(200), content);
 * }</pre>
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
     * The port that the client connected to, here or at a trusted proxy. For a Unix-domain socket,
     * the port of the request's authority, else the default port of HTTP.
     */
    int localPort();

    /** Whether the client used https, as reported by a trusted proxy. */
    boolean isSecure();

    /** The address that the client connected to, as in a URL: IPv6 in brackets. */
    String localHost();

    // ---- time

    /** When the request's head was complete. */
    long startNs();

    /** The time of this turn. */
    long nowNs();

    /** The time of this turn on the calendar, in seconds since 1970. */
    long epochSecond();

    /** The time limit of a handler; 0: none. */
    long handlerNs();

    /**
     * Requests {@link ExchangeListener#expired} at a time, replacing an earlier request; suspended
     * while content is awaited from the client, which has its own deadline.
     *
     * @param atNs a {@link #nowNs}, or {@link Long#MAX_VALUE} for never
     */
    void answerBy(long atNs);

    /**
     * Runs a task on the thread that drives the connection, later, in the order of these calls. The
     * only method that other threads may call. The task also runs when the exchange has ended: see
     * {@link #isDone()}. An exception of the task is logged and ends the connection.
     */
    void execute(Runnable task);

    // ---- content of the request

    /**
     * Pauses content until {@link #resumeContent}; no deadline runs for the client meanwhile. Bytes
     * that have already been read still arrive: up to 64 KiB, and those that the client sent ahead
     * of an earlier response.
     */
    void pauseContent();

    /** Resumes content. */
    void resumeContent();

    /**
     * Declares that the handler takes all content, also after the response has begun. Otherwise a
     * response that begins long before the content's end is the connection's last.
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

    /**
     * Adds a field line to the response, whatever answers; before the response begins. Also to an
     * error page and to a 101, but not to a response that is written {@linkplain #respondRaw
     * unchanged} or {@linkplain #lend by a process}.
     *
     * @throws IllegalArgumentException when they are no name or no value, RFC 9110 §5.1, §5.5
     * @throws IllegalStateException when a response has begun
     */
    void addField(String name, String value);

    /**
     * Allows that the content of the response is compressed, where the server's options and the
     * client want that. Before the response begins. The content must not be a {@link FileRange}.
     */
    void mayCompress();

    /** A whole response with prepared bytes. */
    void respond(PreparedResponse prepared);

    /**
     * Begins a response whose bytes, including the status line, are written unchanged. The
     * connection closes after it.
     *
     * @param statusSeen the status of its status line, for the log
     */
    void respondRaw(int statusSeen);

    /** Some of the response's content. Bytes beyond its Content-Length are dropped. */
    void write(byte[] bytes, int from, int to);

    /** Like {@link #write(byte[], int, int)}, by absolute indexes. */
    void write(ByteBuffer bytes, int from, int to);

    /**
     * A range of a file as content of the response; takes ownership of it. It is sent as the client
     * takes it; {@link #awaitRoom} reports the end, for a handler that finishes then.
     */
    void write(FileRange file);

    /** Ends the response. A response that is shorter than announced is cut by a reset instead. */
    void finish();

    /** Whether a response has begun, so that no other can be sent. */
    boolean isResponding();

    /** Whether nothing can be sent any more. */
    boolean isDone();

    /** The bytes that a response in progress lacks of its announced length; 0 without one. */
    long missingBytes();

    /** Whether a response in progress has less content so far than it announced. */
    boolean isShort();

    // ---- the client's pace

    /** Whether there is room; if not, {@link ExchangeListener#writable} follows. */
    boolean isWritable();

    /** How many bytes should be written now, so that other clients have memory as well. */
    long room();

    /** Requests {@link ExchangeListener#writable} when the client has taken all waiting bytes. */
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

    /**
     * Refuses the request, like an exception of the handler; for code outside of a handler's call.
     */
    void refuse(HttpException e);

    /** Receives the events that another protocol reports after {@link #upgrade}. */
    ServerEvents events();

    /**
     * A mistake of the server: fails this request only, with 500. Like {@link #refuse}, for code
     * outside of a handler's call.
     */
    void broken(String component, Throwable mistake);

    /**
     * The handler's time is over: 504 when nothing has been sent, else the response is cut, so that
     * it never looks complete. Logs a warning.
     */
    void handlerTimedOut();

    /**
     * Abandons a response that cannot be completed: 502 when nothing has been sent, else the
     * response is cut, so that it never looks complete.
     */
    void fail();

    // ---- processes

    /** The process that answered, for the log; several after local redirects. */
    void handlerEnded(HandlerEnd end);

    /**
     * Lends the client's socket to a process that will write the whole response.
     *
     * @return the descriptor; or {@link Transport#UNSENT}, then {@link ExchangeListener#writable}
     *     follows, to try again; or {@link Transport#NO_DESCRIPTOR}
     */
    int lend();

    /**
     * Ends the loan. Without output, for a failed launch or a silent process, no response has
     * begun.
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

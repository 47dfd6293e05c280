package caffeine.server.handler;

import caffeine.http.websocket.CloseCode;
import caffeine.http.websocket.OpeningHandshake;
import caffeine.http.websocket.WebSocketConnection;
import caffeine.http.websocket.WebSocketListener;
import caffeine.http.websocket.WebSocketOutput;
import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.Protocol;
import caffeine.server.core.ServerEvents;
import caffeine.server.core.Transport;
import caffeine.server.options.WebSocketOptions;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * WebSocket on a connection behind its opening handshake: between the transport, {@link
 * WebSocketConnection} and the handler. It keeps the times, the pace and the end.
 *
 * <p>Bytes are read while the handler is not paused and the client takes its messages. A client
 * that was not heard for {@code pingNs} gets a Ping, and is disconnected when it is not heard for
 * {@code pongNs} after that. Any byte counts: within a large message a client cannot answer.
 */
final class WebSocketProtocol implements Protocol, WebSocketListener, WebSocketOutput {

    /** How long the input of a client is read and dropped behind the Close frame. */
    private static final long LINGER_NS = 1_000_000_000L;

    private static final byte[] NOTHING = {};

    private final Transport transport;
    private final WebSocketHandler handler;
    private final WebSocketOptions options;
    private final Request request;
    private final ClientAddress client;
    private final ServerEvents events;
    private final WebSocketConnection connection;
    private final WebSocket socket;
    private final long beginNs;
    private final long sentBefore;

    /** The thread that is in a call of the transport; null: none is. */
    private volatile @Nullable Thread driver;

    /** The time of the latest call. */
    private long nowNs;

    // ---- reading

    /** By the handler. */
    private boolean paused;

    /** A message that came while the client does not take those of the server. */
    private @Nullable Runnable unread;

    private int unreadBytes;

    /** Nothing is read at present. */
    private boolean stopped;

    /** Bytes that were read and wait until the handler takes messages again. */
    private byte[] held = NOTHING;

    /** Bytes are on their way into the connection. */
    private boolean taking;

    private boolean inputEnded;

    /** For a message that is not complete, or waits. */
    private final ContentMemory.Share memory = ContentMemory.OF_PROCESS.share();

    // ---- times

    private long heardNs;
    private long pingedNs;
    private boolean awaitsPong;

    /** When the client's Close is due; 0: that time has not begun. */
    private long closeDueNs;

    private boolean draining;
    private boolean ended;
    private List<Runnable> whenDrained = List.of();

    private WebSocketProtocol(
            Transport transport,
            long nowNs,
            Exchange exchange,
            Request request,
            OpeningHandshake.Accepted accepted,
            WebSocketOptions options,
            WebSocketHandler handler) {
        this.transport = transport;
        this.nowNs = nowNs;
        this.handler = handler;
        this.options = options;
        this.request = request;
        this.client = exchange.client();
        this.events = exchange.events();
        this.beginNs = nowNs;
        this.heardNs = nowNs;
        this.sentBefore = transport.sentBytes();
        this.connection =
                WebSocketConnection.server(options.limits(), accepted.compression(), this, this);
        this.socket = new WebSocket(this, request, accepted.subprotocol(), options.queueBytes());
    }

    /** Begins on a connection. */
    static WebSocketProtocol begin(
            Transport transport,
            long nowNs,
            Exchange exchange,
            Request request,
            OpeningHandshake.Accepted accepted,
            WebSocketOptions options,
            WebSocketHandler handler) {
        WebSocketProtocol protocol =
                new WebSocketProtocol(
                        transport, nowNs, exchange, request, accepted, options, handler);
        protocol.during(nowNs, protocol::open);
        return protocol;
    }

    private void open() {
        if (options.pingNs() > 0) {
            transport.deadline(nowNs + options.pingNs());
        }
        call(() -> handler.open(socket));
    }

    // ---- the thread

    /** Whether the calling thread is in a call of the transport, so that it may use it. */
    boolean isHere() {
        return Thread.currentThread().equals(driver);
    }

    private void during(long atNs, Runnable call) {
        nowNs = atNs;
        Thread outer = driver;
        driver = Thread.currentThread();
        try {
            call.run();
        } finally {
            driver = outer;
        }
    }

    /** Runs a task on the connection's thread: now, if this is it. */
    void execute(Runnable task) {
        if (isHere()) {
            task.run();
        } else {
            later(task);
        }
    }

    /** Runs a task on the connection's thread, not within this call. */
    void later(Runnable task) {
        transport.execute(() -> runTask(task));
    }

    private void runTask(Runnable task) {
        try {
            during(nowNs, task);
        } catch (Throwable mistake) {
            broken(mistake);
        }
    }

    // ---- what the transport tells

    @Override
    public void received(byte[] bytes, int from, int to, long atNs) {
        heardNs = atNs;
        awaitsPong = false;
        during(
                atNs,
                () -> {
                    if (held.length > 0) {
                        hold(bytes, from, to);
                    } else {
                        take(bytes, from, to);
                    }
                });
    }

    @Override
    public void ended(long atNs) {
        inputEnded = true;
        if (reads()) {
            during(atNs, connection::ended);
        }
    }

    @Override
    public void failed(int errno, long atNs) {
        during(
                atNs,
                () -> {
                    events.connectionFailed(client, errno);
                    reset();
                });
    }

    @Override
    public void tooSlow(String limit, long atNs) {
        during(
                atNs,
                () -> {
                    events.limitReached(client, limit, "disconnected a WebSocket client");
                    reset();
                });
    }

    @Override
    public void expired(long atNs) {
        during(
                atNs,
                () -> {
                    switch (connection.state()) {
                        case OPEN -> checkClient();
                        case CLOSING -> awaitClose();
                        case CLOSED, FAILED -> {}
                    }
                });
    }

    @Override
    public void drained(long atNs) {
        during(
                atNs,
                () -> {
                    socket.measure(0);
                    connection.drained();
                    List<Runnable> tasks = whenDrained;
                    whenDrained = List.of();
                    tasks.forEach(this::call);
                    readOn();
                });
    }

    /**
     * Closes with 1001, RFC 6455 §7.4.1. A second call, at the end of the grace, does not wait for
     * the client any more.
     */
    @Override
    public void drain() {
        during(
                nowNs,
                () -> {
                    if (connection.isOpen()) {
                        socket.flush();
                        close(CloseCode.GOING_AWAY, "");
                    } else if (draining) {
                        connection.ended();
                    }
                    draining = true;
                });
    }

    /** It always may lose a message of the client. */
    @Override
    public boolean isIdle() {
        return false;
    }

    @Override
    public boolean isIdleFor(long ns) {
        return false;
    }

    @Override
    public void broken(Throwable mistake) {
        try {
            events.mistake("websocket", request.toString(), mistake);
        } finally {
            reset();
        }
    }

    @Override
    public void reset() {
        try {
            during(nowNs, connection::ended);
        } finally {
            transport.reset();
        }
    }

    // ---- reading

    /** In CLOSING the client's Close is awaited, whatever the handler takes. */
    private boolean reads() {
        return !connection.isOpen() || (!paused && unread == null);
    }

    private void stopReading() {
        stopped = true;
        transport.pauseReading();
    }

    private void take(byte[] bytes, int from, int to) {
        int at = from;
        taking = true;
        try {
            while (at < to && reads()) {
                connection.resume();
                at = connection.received(bytes, at, to);
            }
        } finally {
            taking = false;
        }
        if (at < to) {
            hold(bytes, at, to);
        } else if (!reads()) {
            stopReading();
        }
        count();
    }

    private void hold(byte[] bytes, int from, int to) {
        int kept = held.length;
        held = Arrays.copyOf(held, kept + to - from);
        System.arraycopy(bytes, from, held, kept, to - from);
        stopReading();
    }

    void pause() {
        paused = true;
        connection.pause();
        if (!taking) {
            stopReading();
        }
    }

    void resume() {
        paused = false;
        readOn();
    }

    /** Continues with input, if it is wanted again. Within a message, {@link #take} does that. */
    private void readOn() {
        if (taking || ended) {
            return;
        }
        Runnable message = unread;
        if (message != null && connection.isOpen() && (paused || isBackedUp())) {
            return;
        }
        unread = null;
        unreadBytes = 0;
        if (message != null && connection.isOpen()) {
            count();
            call(message);
        }
        if (!stopped || ended || !reads()) {
            return;
        }
        byte[] bytes = held;
        held = NOTHING;
        take(bytes, 0, bytes.length);
        if (ended || !reads()) {
            return;
        }
        stopped = false;
        heardNs = nowNs; // it could not be heard before
        awaitsPong = false;
        if (inputEnded) {
            connection.ended();
        } else {
            transport.resumeReading();
        }
    }

    /** Counts the memory of a large message, so that many of them at once fail the later ones. */
    private void count() {
        if (!memory.hold(ended ? 0 : (long) connection.incompleteBytes() + unreadBytes)) {
            int code = CloseCode.TRY_AGAIN_LATER;
            events.limitReached(client, "memory for messages", "closed with " + code);
            connection.fail(code, "no memory for another large message");
        }
    }

    // ---- times

    /** Pings a silent client, and disconnects one that does not answer. */
    private void checkClient() {
        if (options.pingNs() == 0) {
            return;
        }
        if (!reads()) {
            transport.deadline(nowNs + options.pingNs());
            return; // one that takes nothing has a deadline of the transport
        }
        long dueNs = awaitsPong ? pingedNs + options.pongNs() : heardNs + options.pingNs();
        if (dueNs - nowNs > 0) {
            transport.deadline(dueNs);
        } else if (awaitsPong) {
            events.limitReached(client, "ws-pong-timeout", "disconnected a WebSocket client");
            connection.close();
            connection.ended();
        } else {
            boolean _ = connection.ping(NOTHING);
            awaitsPong = true;
            pingedNs = nowNs;
            transport.deadline(nowNs + options.pongNs());
        }
    }

    private void awaitClose() {
        if (closeDueNs == 0) {
            closeDueNs = nowNs + options.pongNs();
        }
        if (closeDueNs - nowNs > 0) {
            transport.deadline(closeDueNs);
        } else {
            connection.ended();
        }
    }

    // ---- for the program's side

    WebSocketConnection connection() {
        return connection;
    }

    /** The bytes that wait for the client, when these are so many that it is to be waited for. */
    long unsentBytes() {
        return isBackedUp() ? transport.unsentBytes() : 0;
    }

    /** Begins to close; on the connection's thread. */
    void close(int code, String reason) {
        if (connection.isOpen()) {
            connection.close(code, reason);
            socket.shut();
            whenDrained = List.of();
            transport.deadline(nowNs); // the time of this turn is known there
            readOn();
        }
    }

    void whenDrained(Runnable task) {
        if (!connection.isOpen()) {
            return; // a task that sends, and waits when it cannot, would never end
        }
        if (!isBackedUp()) {
            call(task);
            return;
        }
        List<Runnable> tasks = new ArrayList<>(whenDrained);
        tasks.add(task);
        whenDrained = tasks;
    }

    // ---- the handler

    /** Calls the handler; what it throws ends its connection. */
    private void call(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable e) {
            try {
                events.mistake("handler", request.toString(), e);
            } finally {
                connection.fail(CloseCode.SERVER_ERROR, "the handler threw " + e.getClass());
            }
        }
    }

    @Override
    public void text(byte[] utf8) {
        message(utf8.length, () -> handler.utf8(socket, utf8));
    }

    @Override
    public void binary(byte[] bytes) {
        message(bytes.length, () -> handler.binary(socket, bytes));
    }

    /** Its answer might find no room while the client takes nothing: then it waits. */
    private void message(int bytes, Runnable callback) {
        if (isBackedUp()) {
            unread = callback;
            unreadBytes = bytes;
            connection.pause();
        } else {
            count(); // the handler may count it again
            call(callback);
        }
    }

    @Override
    public void closed(int code, String reason) {
        try {
            end(code);
            call(() -> handler.closed(socket, code, reason));
        } finally {
            if (code == CloseCode.ABNORMAL) {
                transport.close();
            } else {
                transport.finish(); // a client sends nothing behind its Close
            }
        }
    }

    @Override
    public void failed(int code, String detail) {
        try {
            end(code);
            events.refused(client, code, "RFC 6455 §7.1.7", detail);
            call(() -> handler.failed(socket, code, detail));
        } finally {
            transport.close();
        }
    }

    private void end(int code) {
        ended = true;
        held = NOTHING;
        unread = null;
        whenDrained = List.of();
        socket.shut();
        count();
        transport.lingerAtMost(LINGER_NS);
        if (events.wantsExchanges()) {
            events.exchangeEnded(
                    new ExchangeReport(
                            client,
                            request.method(),
                            request.head().target().text(),
                            request.head().minorVersion(),
                            request.fields(),
                            code,
                            transport.sentBytes() - sentBefore,
                            nowNs - beginNs,
                            null));
        }
    }

    // ---- the output of the connection

    @Override
    public void send(byte[] bytes, int from, int to) {
        transport.send(bytes, from, to);
    }

    @Override
    public boolean isBackedUp() {
        return transport.room() == 0;
    }
}

package caffeine.server.core;

import caffeine.http.ResponseHead;
import caffeine.server.options.Deadlines;
import caffeine.server.options.ServerLimits;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.RecordedEvents;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** A connection between a client and a handler that a test plays, without socket and time. */
final class Talk {

    /** How a client's bytes arrive. */
    enum Cut {
        WHOLE,
        BYTE_BY_BYTE
    }

    final ManualClock clock = new ManualClock();
    final RecordedTransport transport = new RecordedTransport();
    final RecordedEvents events = new RecordedEvents();
    final List<Asked> asked = new ArrayList<>();
    final ConnectionContext context;
    final Http1 connection;

    private final Cut cut;
    private byte[] coming = {};
    private int arrived;
    private boolean ending;
    private boolean ended;

    /** With a handler that answers when the test does. */
    Talk(Cut cut) {
        this(cut, _ -> {});
    }

    /** With a handler that answers at the end of each request. */
    Talk(Cut cut, Consumer<Asked> atEnd) {
        this(cut, ServerLimits.DEFAULT, atEnd);
    }

    Talk(Cut cut, ServerLimits limits, Consumer<Asked> atEnd) {
        this(cut, limits, _ -> {}, atEnd);
    }

    /** With a handler that does something at the beginning of each request, too. */
    Talk(Cut cut, ServerLimits limits, Consumer<Asked> atBegin, Consumer<Asked> atEnd) {
        this.cut = cut;
        Handler handler =
                exchange -> {
                    Asked next = new Asked(exchange, atEnd);
                    asked.add(next);
                    atBegin.accept(next);
                    return next;
                };
        this.context =
                new ConnectionContext(
                        limits,
                        Deadlines.DEFAULT,
                        handler,
                        events,
                        clock::nanoTime,
                        clock::epochMillis);
        this.connection = new Http1(context, transport, clock.nanoTime());
    }

    // ---- what the client does

    /** Sends; what the connection does not take yet waits. */
    Talk send(String text) {
        byte[] more = text.getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = Arrays.copyOfRange(coming, arrived, coming.length + more.length);
        System.arraycopy(more, 0, all, coming.length - arrived, more.length);
        coming = all;
        arrived = 0;
        pump();
        return this;
    }

    /** Sends its last byte and may still read. */
    Talk end() {
        ending = true;
        pump();
        return this;
    }

    /** Brings what waits, as far as the connection takes it. */
    Talk pump() {
        while (takes() && arrived < coming.length) {
            int length = cut == Cut.WHOLE ? coming.length - arrived : 1;
            // Something lies around the piece, which must neither be read nor matter.
            byte[] piece = new byte[length + 7];
            Arrays.fill(piece, (byte) 'x');
            System.arraycopy(coming, arrived, piece, 3, length);
            arrived += length;
            connection.received(piece, 3, 3 + length, clock.nanoTime());
            Arrays.fill(piece, (byte) '\n');
        }
        if (takes() && ending && !ended) {
            ended = true;
            connection.ended(clock.nanoTime());
        }
        return this;
    }

    private boolean takes() {
        return !transport.paused && !isOver() && !transport.lent;
    }

    /** Takes all bytes that were stuck. */
    void takeAll() {
        transport.stuck = false;
        transport.unsent = 0;
        connection.drained(clock.nanoTime());
    }

    /** Lets time pass, and the deadline with it. */
    void pass(double seconds) {
        clock.advanceSeconds(seconds);
        if (transport.deadlineNs != Long.MAX_VALUE
                && transport.deadlineNs - clock.nanoTime() <= 0
                && !isOver()) {
            transport.deadlineNs = Long.MAX_VALUE;
            connection.expired(clock.nanoTime());
        }
    }

    /** Runs what other threads left to run. */
    void runTasks() {
        for (Runnable task; (task = transport.tasks.poll()) != null; ) {
            task.run();
        }
    }

    // ---- what came of it

    boolean isOver() {
        return transport.closed || transport.reset;
    }

    boolean isOpen() {
        return !isOver() && !connection.isClosed();
    }

    /** What was sent since the last call, without the date, which is the same everywhere. */
    String answer() {
        return transport.takeSent().replaceAll("Date: [A-Z][^\r]+ GMT\r\n", "");
    }

    Asked last() {
        return asked.getLast();
    }

    // ---- answers

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static void respond(Asked asked, String content) {
        asked.exchange.respond(ResponseHead.of(200), bytes(content));
    }

    /** Says what was asked. */
    static void echo(Asked asked) {
        String method = asked.exchange.request().method();
        String target = asked.exchange.request().target().text();
        respond(asked, method + " " + target + " " + asked.content());
    }

    /** What {@link #respond} sends. */
    static String ok(String content) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + content.length() + "\r\n\r\n" + content;
    }

    static String okAndClose(String content) {
        return "HTTP/1.1 200 OK\r\nContent-Length: "
                + content.length()
                + "\r\nConnection: close\r\n\r\n"
                + content;
    }

    /** An error page. */
    static String error(int status, String reason, boolean close) {
        String page = status + " " + reason + "\n";
        return "HTTP/1.1 "
                + status
                + " "
                + reason
                + "\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "X-Content-Type-Options: nosniff\r\n"
                + (status == 503 ? "Retry-After: 1\r\n" : "")
                + "Content-Length: "
                + page.length()
                + (close ? "\r\nConnection: close" : "")
                + "\r\n\r\n"
                + page;
    }

    // ---- requests

    static String get(String path, String... lines) {
        return request("GET " + path + " HTTP/1.1", lines);
    }

    static String request(String requestLine, String... lines) {
        StringBuilder text = new StringBuilder(requestLine).append("\r\nHost: x.test\r\n");
        for (String line : lines) {
            text.append(line).append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    static String post(String path, String content, String... lines) {
        String head = request("POST " + path + " HTTP/1.1", lines);
        String length = "Content-Length: " + content.length() + "\r\n\r\n";
        return head.substring(0, head.length() - 2) + length + content;
    }
}

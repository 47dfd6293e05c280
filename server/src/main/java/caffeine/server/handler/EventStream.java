package caffeine.server.handler;

import caffeine.server.core.Exchange;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Events for one client, as a browser's {@code EventSource} reads them (WHATWG HTML §9.2, {@code
 * text/event-stream}).
 *
 * <pre>{@code
 * events.send("tick");                                                  // data: tick
 * events.send(Event.of("{\"left\": 3}").withName("stock").withId("17")); // id: 17 ...
 * events.retry(Duration.ofSeconds(2));
 * }</pre>
 *
 * <p>Sending waits while the client takes its events more slowly than they come: at most about 400
 * KiB are under way. A client that has nothing to read gets a comment every 15 s, so that proxies
 * keep the connection. Any thread may send.
 */
public final class EventStream {

    private final Request request;
    private final Exchange exchange;
    private final ResponseStream response;
    private final ReentrantLock lock = new ReentrantLock();
    private final CountDownLatch end = new CountDownLatch(1);

    /** Events that may not have reached the thread of the connection completely. */
    private final AtomicInteger underWay = new AtomicInteger();

    EventStream(Request request, Exchange exchange, ResponseStream response) {
        this.request = request;
        this.exchange = exchange;
        this.response = response;
    }

    /**
     * An event.
     *
     * @param id sent back as {@link #lastEventId} when the client connects again; null: none
     * @param name its type in the browser; null: {@code message}
     * @param data any text; each of its lines is a line of the event
     */
    public record Event(@Nullable String id, @Nullable String name, String data) {

        /**
         * Checks it.
         *
         * @throws IllegalArgumentException when the id or name contains a line end, or the id NUL
         */
        public Event {
            if (id != null && (hasLineEnd(id) || id.indexOf('\0') >= 0)) {
                throw new IllegalArgumentException("an id has no line end and no NUL");
            }
            if (name != null && hasLineEnd(name)) {
                throw new IllegalArgumentException("the name of an event has no line end");
            }
        }

        /** An event without id and name. */
        public static Event of(String data) {
            return new Event(null, null, data);
        }

        /** This event with an id. */
        public Event withId(String newId) {
            return new Event(newId, name, data);
        }

        /** This event with a name. */
        public Event withName(String newName) {
            return new Event(id, newName, data);
        }

        private String encoded() {
            StringBuilder text = new StringBuilder(data.length() + 32);
            if (id != null) {
                text.append("id: ").append(id).append('\n');
            }
            if (name != null) {
                text.append("event: ").append(name).append('\n');
            }
            // A line ends in CR, LF or both.
            for (String line : data.split("\r\n|\r|\n", -1)) {
                text.append("data: ").append(line).append('\n');
            }
            return text.append('\n').toString();
        }
    }

    private static boolean hasLineEnd(String text) {
        return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    }

    /** The request. */
    public Request request() {
        return request;
    }

    /** The id of the last event that the client has got, when it connects again. */
    public Optional<String> lastEventId() {
        return Optional.ofNullable(request.field("Last-Event-ID")).filter(id -> !id.isEmpty());
    }

    /** Whether the client is connected, as far as is known. */
    public boolean isOpen() {
        return end.getCount() > 0;
    }

    /**
     * Waits until the client has disconnected, or the server ends it.
     *
     * @throws InterruptedException when this thread is interrupted meanwhile
     */
    public void awaitEnd() throws InterruptedException {
        end.await();
    }

    /**
     * Sends an event of that data.
     *
     * @throws IOException when the client is gone
     */
    public void send(String data) throws IOException {
        send(Event.of(data));
    }

    /**
     * Sends an event; waits for a slow client.
     *
     * @throws IOException when the client is gone
     */
    public void send(Event event) throws IOException {
        write(event.encoded());
    }

    /**
     * Sends a comment, which the client ignores.
     *
     * @throws IOException when the client is gone
     * @throws IllegalArgumentException when it contains a line end
     */
    public void comment(String text) throws IOException {
        if (hasLineEnd(text)) {
            throw new IllegalArgumentException("a comment is one line");
        }
        write(": " + text + "\n\n");
    }

    /**
     * Sets how long the client waits before it connects again.
     *
     * @throws IOException when the client is gone
     */
    public void retry(Duration time) throws IOException {
        write("retry: " + time.toMillis() + "\n\n");
    }

    private void write(String text) throws IOException {
        lock.lock();
        try {
            underWay.incrementAndGet();
            response.write(text.getBytes(StandardCharsets.UTF_8));
            response.flush();
            exchange.execute(underWay::decrementAndGet);
        } finally {
            lock.unlock();
        }
    }

    /** Sends the head, so that the client knows that it is connected. */
    void begin() throws IOException {
        lock.lock();
        try {
            response.flush();
        } finally {
            lock.unlock();
        }
    }

    // ---- on the thread that drives the connection

    /** Whether no event is half sent, so that a comment can be. */
    boolean isBetweenEvents() {
        return underWay.get() == 0;
    }

    void ended() {
        end.countDown();
    }
}

package caffeine.server.handler;

import caffeine.http.FieldList;
import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.engine.Preload;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Answers with server-sent events: calls an {@link EventFunction} on a virtual thread, and sends a
 * comment when there was nothing else for a while.
 */
final class EventHandler implements Handler {

    private static final long KEEP_ALIVE_NS = TimeUnit.SECONDS.toNanos(15);
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = {};

    private final EventFunction function;

    EventHandler(EventFunction function) {
        this.function = Objects.requireNonNull(function);
        Preload.virtualThreads();
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return begin(exchange, Map.of());
    }

    ExchangeListener begin(Exchange exchange, Map<String, String> path) {
        Stream stream = new Stream(exchange, path);
        stream.start();
        return stream;
    }

    private static ResponseHead head() {
        FieldList fields = FieldList.of("Content-Type", "text/event-stream");
        fields.add("Cache-Control", "no-store");
        fields.add("X-Accel-Buffering", "no"); // for nginx in front, which would keep the events
        return new ResponseHead(200, null, fields);
    }

    private final class Stream implements ExchangeListener {

        private final Exchange exchange;
        private final ResponseStream response;
        private final EventStream events;
        private @Nullable Thread thread;

        Stream(Exchange exchange, Map<String, String> path) {
            this.exchange = exchange;
            this.response = new ResponseStream(exchange, KEEP_ALIVE_NS);
            this.events =
                    new EventStream(
                            new Request(
                                    SavedHead.of(exchange.request()),
                                    exchange.client(),
                                    NOTHING,
                                    path),
                            exchange,
                            response);
        }

        void start() {
            exchange.mayCompress();
            response.begin(head(), -1);
            response.expectMore();
            thread = Thread.ofVirtual().name("events " + events.request()).start(this::handle);
        }

        private void handle() {
            try {
                events.begin();
                if (!events.request().method().equals("HEAD")) {
                    function.answer(events);
                }
                response.close();
            } catch (Throwable e) { // also an Error of one request
                exchange.execute(() -> failed(e));
            } finally {
                events.ended();
            }
        }

        private void failed(Throwable e) {
            if (!exchange.isDone()) { // else it failed because the client is gone
                exchange.broken("events", e);
            }
        }

        @Override
        public void content(byte[] bytes, int from, int to) {}

        @Override
        public void end() {}

        @Override
        public void writable() {
            response.writable();
        }

        /** Nothing was sent for a while. */
        @Override
        public void expired() {
            if (exchange.isResponding() && events.isBetweenEvents()) {
                exchange.write(COMMENT, 0, COMMENT.length);
            }
            response.expectMore();
        }

        @Override
        public void abandoned() {
            events.ended();
            response.abandon();
            Thread running = thread;
            if (running != null) {
                running.interrupt();
            }
        }
    }
}

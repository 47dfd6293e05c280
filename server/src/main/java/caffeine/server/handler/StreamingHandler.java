package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * Runs a {@link StreamingFunction} on its own virtual thread. Content passes to it through a {@link
 * ContentStream}, and the response passes to the thread that drives the connection through a {@link
 * ResponseStream}.
 */
final class StreamingHandler implements Handler, Router.Target {

    private static final byte[] NOTHING = {};

    /** Answers instead of a function that has failed before its response. */
    @FunctionalInterface
    interface Rescue {

        /** Null: the failure stays one. */
        @Nullable Response answer(Request request, Throwable failure) throws Exception;
    }

    private final StreamingFunction function;
    private final Rescue rescue;

    StreamingHandler(StreamingFunction function) {
        this(function, (_, _) -> null);
    }

    private StreamingHandler(StreamingFunction function, Rescue rescue) {
        this.function = function;
        this.rescue = rescue;
    }

    /** The same, whose failures may have an answer. */
    StreamingHandler with(Rescue other) {
        return new StreamingHandler(function, other);
    }

    @Override
    public boolean holdsBack() {
        return true;
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return begin(exchange, Map.of());
    }

    @Override
    public ExchangeListener begin(Exchange exchange, Map<String, String> path) {
        exchange.mayCompress();
        Bridge bridge = new Bridge(exchange, path);
        bridge.start();
        return bridge;
    }

    /** Events of the connection, on its thread. */
    private final class Bridge implements ExchangeListener {

        private final Exchange exchange;
        private final ContentStream content;
        private final ResponseStream response;
        private final StreamingExchange streams;
        private @Nullable Thread thread;

        Bridge(Exchange exchange, Map<String, String> path) {
            this.exchange = exchange;
            this.content = new ContentStream(exchange);
            this.response = new ResponseStream(exchange, exchange.handlerNs());
            Request request =
                    new Request(SavedHead.of(exchange.request()), exchange.client(), NOTHING, path);
            this.streams = new StreamingExchange(request, content, response);
        }

        void start() {
            if (exchange.request().expectsContinue()) {
                content.holdBack(); // until the handler reads: it may refuse before
            }
            response.expectMore();
            thread = Thread.ofVirtual().name("handler " + streams).start(this::handle);
        }

        /** On the handler's thread. */
        private void handle() {
            try (streams) {
                function.answer(streams);
                response.end();
            } catch (Throwable e) { // also an Error of one request gets an answer
                rescue(e);
            }
        }

        private void rescue(Throwable e) {
            Throwable failure = e;
            try {
                Response answer = response.hasBegun() ? null : rescue.answer(streams.request(), e);
                if (answer != null) {
                    streams.respond(answer);
                    return;
                }
            } catch (Throwable another) { // of the answer
                failure = another;
            }
            Throwable told = failure;
            exchange.execute(() -> failed(told));
        }

        private void failed(Throwable e) {
            if (exchange.isDone()) {
                return; // it failed because the client is gone, or after the end
            }
            if (e instanceof HttpException refusal && !exchange.isResponding()) {
                exchange.refuse(refusal);
            } else {
                exchange.broken("handler", e);
            }
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            content.put(bytes, from, to);
            response.expectMore();
        }

        @Override
        public void end() {
            content.end();
            response.expectMore();
        }

        @Override
        public void writable() {
            response.writable();
        }

        @Override
        public void expired() {
            abandoned();
            exchange.handlerTimedOut();
        }

        @Override
        public void abandoned() {
            content.abandon();
            response.abandon();
            Thread running = thread;
            if (running != null) {
                running.interrupt();
            }
        }
    }
}

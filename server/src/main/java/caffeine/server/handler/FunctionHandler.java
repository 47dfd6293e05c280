package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/** Answers with a function, once all content is there. */
final class FunctionHandler implements Handler {

    private final RequestFunction function;
    private final boolean mayBlock;
    private final ContentMemory memory;

    FunctionHandler(RequestFunction function, boolean mayBlock, ContentMemory memory) {
        this.function = function;
        this.mayBlock = mayBlock;
        this.memory = memory;
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return begin(exchange, Map.of());
    }

    /**
     * Answers a request whose path has parameters.
     *
     * @param path their values by their names
     */
    ExchangeListener begin(Exchange exchange, Map<String, String> path) {
        return new Answer(exchange, path);
    }

    private final class Answer implements ExchangeListener {

        private final Exchange exchange;
        private final Map<String, String> path;
        private final WholeContent content;
        private @Nullable Thread thread;

        /** Of a response that is sent in pieces. */
        private ExchangeListener sending = IGNORING;

        Answer(Exchange exchange, Map<String, String> path) {
            this.exchange = exchange;
            this.path = path;
            RequestHead head = exchange.request();
            this.content = new WholeContent(memory, head.contentLength());
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            content.add(bytes, from, to);
        }

        @Override
        public void end() {
            RequestHead head = SavedHead.of(exchange.request());
            Request request = new Request(head, exchange.client(), content.toArray(), path);
            if (!mayBlock) {
                Outcome outcome = Outcome.of(function, request);
                content.release();
                sending = outcome.answer(exchange);
                return;
            }
            long timeNs = exchange.handlerNs();
            if (timeNs > 0) {
                exchange.answerBy(exchange.nowNs() + timeNs);
            }
            thread = Thread.ofVirtual().name("handler " + request).start(() -> run(request));
        }

        /** Runs on its own thread, which takes ownership of the content. */
        private void run(Request request) {
            Outcome outcome = Outcome.of(function, request);
            content.release();
            exchange.execute(
                    () -> {
                        if (!exchange.isDone()) { // else the client is gone
                            exchange.answerBy(Long.MAX_VALUE);
                            sending = outcome.answer(exchange);
                        }
                    });
        }

        @Override
        public void writable() {
            sending.writable();
        }

        @Override
        public void expired() {
            if (exchange.isResponding()) {
                sending.expired();
            } else {
                stop();
                exchange.handlerTimedOut();
            }
        }

        @Override
        public void abandoned() {
            sending.abandoned();
            if (thread == null) {
                content.release();
            } else {
                stop();
            }
        }

        private void stop() {
            Thread running = thread;
            if (running != null) {
                running.interrupt();
            }
        }
    }

    /** The result of a function: a response, an exception, or neither when it returned null. */
    record Outcome(@Nullable Response response, @Nullable Throwable failure) {

        /** Calls a function. */
        static Outcome of(RequestFunction function, Request request) {
            try {
                return new Outcome(function.answer(request), null);
            } catch (Throwable e) { // also an Error of one request gets an answer
                return new Outcome(null, e);
            }
        }

        /**
         * Answers an exchange, on its thread.
         *
         * @return receives its further events, while the response is sent
         */
        ExchangeListener answer(Exchange exchange) {
            try {
                if (response != null) {
                    return response.send(exchange);
                }
                if (failure instanceof HttpException refusal) {
                    exchange.refuse(refusal);
                    return ExchangeListener.IGNORING;
                }
            } catch (HttpException e) { // a file that is not there
                exchange.refuse(e);
                return ExchangeListener.IGNORING;
            }
            exchange.broken(
                    "handler",
                    failure == null
                            ? new IllegalStateException("the handler has no answer")
                            : failure);
            return ExchangeListener.IGNORING;
        }
    }
}

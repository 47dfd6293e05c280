package caffeine.server.handler;

import caffeine.http.HttpException;
import caffeine.http.RequestHead;
import caffeine.server.buffer.ContentMemory;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;

import org.jspecify.annotations.Nullable;

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
        return new Answer(exchange);
    }

    private final class Answer implements ExchangeListener {

        private final Exchange exchange;
        private final WholeContent content;
        private @Nullable Thread thread;

        Answer(Exchange exchange) {
            this.exchange = exchange;
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
            Request request = new Request(head, exchange.client(), content.toArray());
            if (!mayBlock) {
                Outcome outcome = call(request);
                content.release();
                answer(outcome);
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
            Outcome outcome = call(request);
            content.release();
            exchange.execute(() -> answer(outcome));
        }

        private Outcome call(Request request) {
            try {
                Response response = function.answer(request);
                return new Outcome(response, null);
            } catch (Throwable e) { // also an Error of one request gets an answer
                return new Outcome(null, e);
            }
        }

        private void answer(Outcome outcome) {
            Response response = outcome.response();
            if (exchange.isDone()) {
                return; // the client is gone
            }
            if (response != null) {
                exchange.mayCompress();
                exchange.respond(response.head(), response.content());
            } else if (outcome.failure() instanceof HttpException refusal) {
                exchange.refuse(refusal);
            } else {
                Throwable failure = outcome.failure();
                exchange.broken(
                        "handler",
                        failure == null
                                ? new IllegalStateException("the handler has no answer")
                                : failure);
            }
        }

        @Override
        public void expired() {
            stop();
            exchange.handlerTimedOut();
        }

        @Override
        public void abandoned() {
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

    /** The result of the function: a response, an exception, or neither when it returned null. */
    private record Outcome(@Nullable Response response, @Nullable Throwable failure) {}
}

package caffeine.server.handler;

import caffeine.http.ResponseHead;
import caffeine.http.Status;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.core.PreparedResponse;

import org.jspecify.annotations.Nullable;

/**
 * The same response for every path and method. Content is read to its end first, and dropped.
 * Thread-safe.
 */
final class ConstantHandler implements Handler {

    private final ResponseHead head;
    private final byte[] content;

    /** The bytes to send; null where the status or an upgrade makes the head another one. */
    private final @Nullable PreparedResponse prepared;

    ConstantHandler(ResponseHead head, byte[] content) {
        this.head = head;
        this.content = content;
        boolean isUsual = Status.hasContent(head.status()) && !head.fields().contains("Upgrade");
        this.prepared = isUsual ? new PreparedResponse(head, content) : null;
    }

    /** A request without content is answered at once, and so costs no listener. */
    @Override
    public ExchangeListener begin(Exchange exchange) {
        if (exchange.request().hasContent()) {
            return new AfterContent(exchange);
        }
        answer(exchange);
        return ExchangeListener.IGNORING;
    }

    private void answer(Exchange exchange) {
        PreparedResponse kept = prepared;
        if (kept == null) {
            exchange.respond(head, content);
        } else {
            exchange.respond(kept);
        }
    }

    private final class AfterContent implements ExchangeListener {

        private final Exchange exchange;

        AfterContent(Exchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {}

        @Override
        public void end() {
            answer(exchange);
        }
    }
}

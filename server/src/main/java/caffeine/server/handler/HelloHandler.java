package caffeine.server.handler;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.core.PreparedResponse;

import java.nio.charset.StandardCharsets;

/**
 * Says hello to every path and method: the least that a handler can do, so that what remains is the
 * cost of the server. Content is read to its end before the answer, and not kept.
 */
public final class HelloHandler implements Handler {

    private final PreparedResponse hello;

    /** A handler; it may serve many threads. */
    public HelloHandler() {
        ResponseHead head = ResponseHead.of(200);
        head.fields().add("Content-Type", "text/plain");
        hello = new PreparedResponse(head, "Hello, World!".getBytes(StandardCharsets.US_ASCII));
    }

    /** A request without content is answered at once, and so costs no listener. */
    @Override
    public ExchangeListener begin(Exchange exchange) {
        if (exchange.request().hasContent()) {
            return new AfterContent(exchange);
        }
        exchange.respond(hello);
        return NO_MORE;
    }

    private static final ExchangeListener NO_MORE =
            new ExchangeListener() {
                @Override
                public void content(byte[] bytes, int from, int to) {}

                @Override
                public void end() {}
            };

    private final class AfterContent implements ExchangeListener {

        private final Exchange exchange;

        AfterContent(Exchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void content(byte[] bytes, int from, int to) {}

        @Override
        public void end() {
            exchange.respond(hello);
        }
    }
}

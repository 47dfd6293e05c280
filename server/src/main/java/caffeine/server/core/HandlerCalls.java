package caffeine.server.core;

import caffeine.http.HttpException;
import caffeine.http.RequestTarget;
import caffeine.http.ResponseHead;
import caffeine.http.h1.ContentSink;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * Tells a handler of the exchange under way, and makes answers of what it throws. One for each
 * connection.
 */
final class HandlerCalls implements ContentSink {

    private final ConnectionContext context;
    private @Nullable ExchangeListener listener;

    /** Whose listener that is. */
    private @Nullable Exchange asked;

    HandlerCalls(ConnectionContext context) {
        this.context = context;
    }

    /** A request's head is there: asks who answers. */
    void begin(Exchange exchange) {
        listener = null;
        asked = exchange;
        try {
            ExchangeListener chosen =
                    serverAnswers(exchange) ? null : context.handler.begin(exchange);
            if (exchange.isDone()) {
                return; // it may have answered at once
            }
            listener = Objects.requireNonNull(chosen, "the handler returned no listener");
        } catch (HttpException e) {
            exchange.refuse(e);
        } catch (Throwable e) {
            exchange.broken("handler", e);
        }
    }

    /** What the server answers itself, whatever the handler (DESIGN: CONNECT, TRACE, OPTIONS *). */
    private static boolean serverAnswers(Exchange exchange) {
        String method = exchange.request().method();
        if (method.equals("CONNECT") || method.equals("TRACE")) {
            throw new HttpException(501, "RFC 9110 §9.3", method + " is not offered");
        }
        boolean isAsterisk =
                method.equals("OPTIONS")
                        && exchange.request().target().form() == RequestTarget.Form.ASTERISK;
        if (isAsterisk) {
            exchange.respond(ResponseHead.of(204), 0);
            exchange.finish();
        }
        return isAsterisk;
    }

    /** Some of the content came; it is dropped when nobody listens. */
    @Override
    public void content(byte[] bytes, int from, int to) {
        ExchangeListener current = listener;
        if (current == null) {
            return;
        }
        try {
            current.content(bytes, from, to);
        } catch (HttpException e) {
            throw e;
        } catch (Throwable e) {
            if (asked != null) {
                asked.tellMistake("handler", e);
            }
            throw new HttpException(500, "RFC 9110 §15.6.1", "the handler takes no content");
        }
    }

    /** The request is complete. */
    void end(Exchange exchange) {
        call(exchange, ExchangeListener::end);
    }

    /** There is room again for what the handler writes. */
    void writable(Exchange exchange) {
        call(exchange, ExchangeListener::writable);
    }

    /** The handler's time is over. */
    void expired(@Nullable Exchange exchange) {
        if (exchange != null) {
            call(exchange, ExchangeListener::expired);
        }
    }

    /** Calls the handler; what it throws ends its exchange. */
    private void call(Exchange exchange, Consumer<ExchangeListener> method) {
        ExchangeListener current = listener;
        if (current == null) {
            return;
        }
        try {
            method.accept(current);
        } catch (HttpException e) {
            abandoned();
            exchange.refuse(e);
        } catch (Throwable e) {
            abandoned();
            exchange.broken("handler", e);
        }
    }

    /** The handler has done its part: it hears nothing more. */
    void answered() {
        listener = null;
    }

    /** The handler hears of the end, and of nothing more. */
    void abandoned() {
        ExchangeListener current = listener;
        listener = null;
        if (current == null) {
            return;
        }
        try {
            current.abandoned();
        } catch (Throwable e) {
            context.events.mistake("handler", e); // there is no answer that it could cost
        }
    }
}

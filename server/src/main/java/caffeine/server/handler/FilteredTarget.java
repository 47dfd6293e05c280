package caffeine.server.handler;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.util.Map;

/**
 * A target that answers in pieces, behind filters: it begins when they have let the request pass,
 * and gets the content that has come by then.
 */
final class FilteredTarget implements ExchangeListener {

    private static final byte[] NOTHING = {};

    private final Exchange exchange;
    private final Map<String, String> path;
    private final Router.Target target;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean ended;

    /** Null while the filters decide, and when they have answered. */
    private @Nullable ExchangeListener passed;

    /** The filters have answered, or the request is over. */
    private boolean over;

    private @Nullable Thread thread;

    FilteredTarget(Exchange exchange, Map<String, String> path, Router.Target target) {
        this.exchange = exchange;
        this.path = path;
        this.target = target;
    }

    /** Calls the filters, on a thread of their own if they may block. */
    ExchangeListener begin(RequestFunction filters, boolean mayBlock) {
        Request request =
                new Request(SavedHead.of(exchange.request()), exchange.client(), NOTHING, path);
        if (!mayBlock) {
            decide(FunctionHandler.Outcome.of(filters, request));
            return this;
        }
        exchange.pauseContent();
        long timeNs = exchange.handlerNs();
        if (timeNs > 0) {
            exchange.answerBy(exchange.nowNs() + timeNs);
        }
        thread =
                Thread.ofVirtual()
                        .name("filter " + request)
                        .start(
                                () -> {
                                    var outcome = FunctionHandler.Outcome.of(filters, request);
                                    exchange.execute(() -> decide(outcome));
                                });
        return this;
    }

    private void decide(FunctionHandler.Outcome outcome) {
        thread = null;
        if (exchange.isDone()) {
            return; // the client is gone
        }
        Response response = outcome.response();
        if (response == null || !response.isLater()) {
            over = true;
            held.reset();
            outcome.answer(exchange);
            exchange.resumeContent();
            return;
        }
        Fields fields = response.head().fields();
        for (int i = 0; i < fields.size(); i++) {
            exchange.addField(fields.name(i), fields.value(i));
        }
        try {
            pass();
        } catch (HttpException e) {
            abandoned();
            exchange.refuse(e);
        } catch (Throwable e) {
            abandoned();
            exchange.broken("handler", e);
        }
    }

    private void pass() {
        exchange.answerBy(Long.MAX_VALUE);
        if (!target.holdsBack() || !exchange.request().expectsContinue()) {
            exchange.resumeContent();
        }
        ExchangeListener begun = target.begin(exchange, path);
        passed = begun;
        if (held.size() > 0) {
            byte[] bytes = held.toByteArray();
            held.reset();
            begun.content(bytes, 0, bytes.length);
        }
        if (ended && !exchange.isDone()) {
            begun.end();
        }
    }

    @Override
    public void content(byte[] bytes, int from, int to) {
        ExchangeListener next = passed;
        if (next != null) {
            next.content(bytes, from, to);
        } else if (!over) {
            held.write(bytes, from, to - from);
        }
    }

    @Override
    public void end() {
        ended = true;
        ExchangeListener next = passed;
        if (next != null) {
            next.end();
        }
    }

    @Override
    public void writable() {
        ExchangeListener next = passed;
        if (next != null) {
            next.writable();
        }
    }

    @Override
    public void expired() {
        ExchangeListener next = passed;
        if (next != null) {
            next.expired();
        } else {
            interrupt();
            exchange.handlerTimedOut();
        }
    }

    @Override
    public void abandoned() {
        ExchangeListener next = passed;
        over = true;
        passed = null;
        if (next != null) {
            next.abandoned();
        } else {
            interrupt();
        }
    }

    private void interrupt() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}

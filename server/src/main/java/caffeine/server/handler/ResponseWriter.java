package caffeine.server.handler;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;

import org.jspecify.annotations.Nullable;

/** Sends a response whose content a function writes, on a virtual thread of its own. */
final class ResponseWriter implements ExchangeListener {

    private final Exchange exchange;
    private final ResponseHead head;
    private final long length;
    private final ResponseStream response;
    private @Nullable Thread thread;

    /**
     * @param length of the content in bytes; negative: unknown
     */
    ResponseWriter(Exchange exchange, ResponseHead head, long length) {
        this.exchange = exchange;
        this.head = head;
        this.length = length;
        this.response = new ResponseStream(exchange, exchange.handlerNs());
    }

    /** Begins; HEAD needs no content. */
    ExchangeListener begin(OutputFunction function) {
        exchange.mayCompress();
        if (exchange.request().method().equals("HEAD")) {
            exchange.respond(head, length);
            exchange.finish();
            return IGNORING;
        }
        response.expectMore();
        thread =
                Thread.ofVirtual()
                        .name("response " + exchange.request().target().text())
                        .start(() -> write(function));
        return this;
    }

    private void write(OutputFunction function) {
        try {
            response.begin(head, length);
            function.write(response);
            response.close();
        } catch (Throwable e) { // also an Error of one request
            exchange.execute(
                    () -> {
                        if (!exchange.isDone()) { // else it failed because the client is gone
                            exchange.broken("handler", e);
                        }
                    });
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

    @Override
    public void expired() {
        abandoned();
        exchange.handlerTimedOut();
    }

    @Override
    public void abandoned() {
        response.abandon();
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}

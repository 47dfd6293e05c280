package caffeine.bench.server;

import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A handler that blocks its thread for 10 ms in one of ten requests. */
public final class Blocking implements Handler {

    private static final int ONE_OF = 10;
    private static final long BLOCKED_NS = 10_000_000;

    private static final AtomicLong REQUESTS = new AtomicLong();

    private final Handler hello = Handlers.of(_ -> Response.text("Hello, World!"));

    /** Made by its name, in each loop. */
    public Blocking() {}

    @Override
    public ExchangeListener begin(Exchange exchange) {
        if (REQUESTS.incrementAndGet() % ONE_OF == 0) {
            LockSupport.parkNanos(BLOCKED_NS);
        }
        return hello.begin(exchange);
    }
}

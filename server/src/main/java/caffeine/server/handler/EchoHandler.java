package caffeine.server.handler;

import caffeine.http.RequestHead;
import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends a request's content back with its Content-Type while it comes, in the framing in which it
 * comes. GET and HEAD echo nothing: their content has no meaning (RFC 9110 §9.3.1).
 *
 * <p>Many clients send all of a request before they read a byte of its answer. If the echo stopped
 * reading as soon as its answer is not taken, both sides would wait for each other until a deadline
 * ends it. So it continues to read, and the rest of the answer waits in memory: for each client
 * {@value Exchange#HIGH_WATER_BYTES} bytes, and for all together {@value #AHEAD_BYTES}. Beyond that
 * reading pauses, until the client takes its answer or the time for it is over ({@code
 * Deadlines.sendIdleNs}).
 */
public final class EchoHandler implements Handler {

    /** The bytes that wait for all clients of this handler. */
    static final long AHEAD_BYTES = 32L << 20;

    private static final byte[] NOTHING = {};

    private final long aheadLimit;
    private final AtomicLong ahead = new AtomicLong();

    /** A handler; it may serve many threads. */
    public EchoHandler() {
        this(AHEAD_BYTES);
    }

    EchoHandler(long aheadLimit) {
        this.aheadLimit = aheadLimit;
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        return new Echo(exchange);
    }

    /** The waiting bytes, for a test. */
    long aheadBytes() {
        return ahead.get();
    }

    private final class Echo implements ExchangeListener {

        private final Exchange exchange;
        private final boolean isSilent;
        private boolean ended;
        private boolean paused;

        /** This client's part of {@link #ahead}. */
        private long owed;

        Echo(Exchange exchange) {
            this.exchange = exchange;
            String method = exchange.request().method();
            this.isSilent = method.equals("GET") || method.equals("HEAD");
            exchange.takeAllContent();
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            if (isSilent) {
                return;
            }
            if (!exchange.isResponding()) {
                RequestHead request = exchange.request();
                exchange.respond(head(request), request.isChunked() ? -1 : request.contentLength());
            }
            exchange.write(bytes, from, to);
            boolean room = exchange.isWritable();
            long all = count(room ? 0 : exchange.unsentBytes());
            if (!room && all > aheadLimit) {
                paused = true;
                exchange.pauseContent();
            }
        }

        @Override
        public void end() {
            ended = true;
            if (exchange.isWritable()) {
                finish();
            }
        }

        @Override
        public void writable() {
            count(0);
            if (ended) {
                finish();
            } else if (paused) {
                paused = false;
                exchange.resumeContent();
            }
        }

        @Override
        public void abandoned() {
            count(0);
        }

        private void finish() {
            count(0);
            if (exchange.isResponding()) {
                exchange.finish();
            } else {
                exchange.respond(head(exchange.request()), NOTHING);
            }
        }

        private long count(long unsent) {
            long more = unsent - owed;
            owed = unsent;
            return more == 0 ? ahead.get() : ahead.addAndGet(more);
        }

        private ResponseHead head(RequestHead request) {
            ResponseHead head = ResponseHead.of(200);
            String type = isSilent ? null : request.fields().first("Content-Type");
            if (type != null) {
                head.fields().add("Content-Type", type);
            }
            return head;
        }
    }
}

package caffeine.server.script;

import caffeine.os.Errno;
import caffeine.server.core.Exchange;
import caffeine.server.loop.Timer;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The output of a script on the way to the client. A fast client gets it at once, through the
 * memory of its connection. When the client has been slow for a moment, the rest goes to an {@link
 * OutputSpool}, so that the script can end and free its slot. When the spool is full, the script
 * waits.
 *
 * <pre>
 *             no room for 20 ms             file full
 *   DIRECT ───────────────────▶ SPOOLING ◀────────────▶ script waits
 *      ▲        all of the file is written │
 *      └───────────────────────────────────┘
 * </pre>
 */
final class ResponseFlow implements AutoCloseable {

    /**
     * A client that takes the content of a pipe within this time is not slow, and needs no file.
     */
    private static final long SLOW_NS = 20_000_000;

    /** The least amount to read at a time, even when memory is short. */
    private static final int LEAST_BYTES = 4096;

    /** In one turn of the loop, from the file. */
    private static final int MOST_BYTES_PER_TURN = 1 << 20;

    private final ScriptHandler handler;
    private final Exchange exchange;
    private final Script script;
    private final Runnable resume;
    private final Consumer<Throwable> mistaken;
    private @Nullable OutputSpool spool;
    private @Nullable Slowness slowness;
    private boolean spooling;
    private boolean closed;

    /**
     * @param resume called when there may be room again for the script's output; asynchronously,
     *     and not after {@link #close}
     * @param mistaken receives mistakes of the server, which end the response
     */
    ResponseFlow(
            ScriptHandler handler,
            Exchange exchange,
            Script script,
            Runnable resume,
            Consumer<Throwable> mistaken) {
        this.handler = handler;
        this.exchange = exchange;
        this.script = script;
        this.resume = resume;
        this.mistaken = mistaken;
    }

    /** How many bytes wait in the file. */
    long spooledBytes() {
        OutputSpool current = spool;
        return current == null ? 0 : current.size();
    }

    /**
     * How many bytes of the script's output to read now.
     *
     * @return 0 when the script must wait: until the exchange is writable, or for {@code resume}
     */
    int room() {
        int most = handler.pipeBytes().capacity();
        long direct = exchange.room();
        if (spooledBytes() == 0 && direct > 0) {
            spooling = false;
            stopTimer();
            return Math.clamp(direct, LEAST_BYTES, most);
        }
        exchange.awaitRoom();
        if (spooling) {
            return spool().room(most);
        }
        awaitSlowness();
        return 0;
    }

    private OutputSpool spool() {
        OutputSpool current = spool;
        if (current == null) {
            current = handler.newOutputSpool();
            spool = current;
        }
        return current;
    }

    private void awaitSlowness() {
        if (handler.spoolBytes == 0 || closed) {
            return;
        }
        Slowness current = slowness;
        if (current == null) {
            current = new Slowness();
            slowness = current;
        }
        if (!current.isScheduled()) {
            handler.loop.timers().schedule(current, handler.loop.nowNs() + SLOW_NS);
        }
    }

    private final class Slowness extends Timer {
        @Override
        protected void expired(long nowNs) {
            if (!closed) {
                spooling = exchange.room() == 0;
                resume.run();
            }
        }

        @Override
        protected void broken(Throwable mistake) {
            mistaken.accept(mistake);
        }
    }

    /** Takes a part of the handler's pipe buffer, for which there is {@link #room}. */
    void write(ByteBuffer bytes, int from, int to) {
        if (spooling && (spooledBytes() > 0 || exchange.room() == 0)) {
            int result = spool().write(handler.pipeBuffer(), from, to - from);
            if (result < 0) {
                handler.events.handlerFailed(
                        script.name(),
                        "waits for its client: cannot keep the rest of the response in "
                                + handler.spoolFolder()
                                + ": "
                                + Errno.describe(-result));
            }
        } else {
            exchange.write(bytes, from, to);
        }
    }

    /** The client takes bytes again: sends those of the file. */
    void feed() {
        OutputSpool from = spool;
        int fed = 0;
        while (from != null && from.size() > 0 && exchange.room() > 0) {
            if (fed >= MOST_BYTES_PER_TURN) {
                handler.loop.later(this::resumeUnlessClosed);
                return;
            }
            int most = Math.clamp(exchange.room(), LEAST_BYTES, handler.pipeBytes().capacity());
            int count = from.read(handler.pipeBuffer(), most);
            if (count < 0) {
                handler.events.handlerFailed(
                        script.name(),
                        "response cut: cannot read the rest of it in "
                                + handler.spoolFolder()
                                + ": "
                                + Errno.describe(-count));
                close();
                exchange.fail();
                return;
            }
            exchange.write(handler.pipeBytes(), 0, count);
            fed += count;
        }
        if (spooledBytes() > 0) {
            exchange.awaitRoom();
        }
    }

    private void resumeUnlessClosed() {
        if (!closed) {
            resume.run();
        }
    }

    /** The response has ended or was abandoned. */
    @Override
    public void close() {
        closed = true;
        OutputSpool current = spool;
        if (current != null) {
            current.close();
        }
        stopTimer();
    }

    private void stopTimer() {
        if (slowness != null) {
            handler.loop.timers().cancel(slowness);
        }
    }
}

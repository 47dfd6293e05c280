package caffeine.server.socket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.Handler;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A handler that does what the test says once a request is complete, and remembers who asked. */
final class Answers implements Handler {

    final List<Asked> asked = new ArrayList<>();
    private final Consumer<Asked> atEnd;

    Answers(Consumer<Asked> atEnd) {
        this.atEnd = atEnd;
    }

    /** One that answers with the request's target. */
    static Answers echo() {
        return new Answers(asked -> asked.respond(asked.exchange.request().target().text()));
    }

    /** One whose answers the test gives later. */
    static Answers later() {
        return new Answers(_ -> {});
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        Asked next = new Asked(exchange, atEnd);
        asked.add(next);
        return next;
    }

    static final class Asked implements ExchangeListener {
        final Exchange exchange;
        private final Consumer<Asked> atEnd;
        Runnable onWritable = () -> {};
        int abandoned;
        long contentBytes;

        Asked(Exchange exchange, Consumer<Asked> atEnd) {
            this.exchange = exchange;
            this.atEnd = atEnd;
        }

        void respond(String content) {
            respond(content.getBytes(ISO_8859_1));
        }

        void respond(byte[] content) {
            exchange.respond(ResponseHead.of(200), content);
        }

        @Override
        public void content(byte[] bytes, int from, int to) {
            contentBytes += to - from;
        }

        @Override
        public void end() {
            atEnd.accept(this);
        }

        @Override
        public void writable() {
            onWritable.run();
        }

        @Override
        public void abandoned() {
            abandoned++;
        }
    }
}

package caffeine.server.core;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** One exchange as a handler sees it, with what it was told; its answer is up to the test. */
final class Asked implements ExchangeListener {

    final Exchange exchange;
    private final Consumer<Asked> atEnd;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    /** Told to do instead of context the content. */
    Runnable onContent = () -> {};

    boolean ended;
    int abandoned;
    int writable;

    Asked(Exchange exchange, Consumer<Asked> atEnd) {
        this.exchange = exchange;
        this.atEnd = atEnd;
    }

    String content() {
        return received.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void content(byte[] bytes, int from, int to) {
        onContent.run();
        received.write(bytes, from, to - from);
    }

    @Override
    public void end() {
        ended = true;
        atEnd.accept(this);
    }

    @Override
    public void writable() {
        writable++;
    }

    @Override
    public void abandoned() {
        abandoned++;
    }
}

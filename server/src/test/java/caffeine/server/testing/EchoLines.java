package caffeine.server.testing;

import caffeine.http.FieldList;
import caffeine.http.ResponseHead;
import caffeine.server.core.Protocol;
import caffeine.server.core.Transport;

import java.io.ByteArrayOutputStream;

/** A protocol to upgrade to: each line comes back behind {@code "> "}. */
public final class EchoLines implements Protocol {

    private final Transport transport;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    public EchoLines(Transport transport, long nowNs) {
        this.transport = transport;
    }

    /** The head of the response that switches to it. */
    public static ResponseHead switching() {
        return new ResponseHead(101, null, new FieldList().add("Upgrade", "lines"));
    }

    @Override
    public void received(byte[] bytes, int from, int to, long nowNs) {
        for (int i = from; i < to; i++) {
            line.write(bytes[i]);
            if (bytes[i] == '\n') {
                byte[] whole = line.toByteArray();
                line.reset();
                transport.send(new byte[] {'>', ' '}, 0, 2);
                transport.send(whole, 0, whole.length);
            }
        }
    }

    @Override
    public void ended(long nowNs) {
        transport.close();
    }

    @Override
    public void failed(int errno, long nowNs) {
        transport.reset();
    }

    @Override
    public void tooSlow(String limit, long nowNs) {
        transport.reset();
    }

    @Override
    public void expired(long nowNs) {
        throw new AssertionError("no deadline was asked for");
    }

    @Override
    public void drained(long nowNs) {}

    @Override
    public void drain() {
        transport.close();
    }

    @Override
    public boolean isIdle() {
        return true;
    }

    @Override
    public boolean isIdleFor(long ns) {
        return true;
    }

    @Override
    public void broken(Throwable mistake) {
        transport.reset();
    }

    @Override
    public void reset() {
        transport.reset();
    }
}

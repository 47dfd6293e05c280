package caffeine.server.testing;

import caffeine.server.core.FilterTransport;
import caffeine.server.core.Protocol;
import caffeine.server.core.Transport;

/** A toy: each byte is sent as its complement, so that HTTP is not to be seen on the wire. */
public final class Cipher extends FilterTransport {

    public Cipher(Transport below, Protocol.Factory above, long nowNs) {
        super(below, above, nowNs);
    }

    /** Puts it below the protocols of a factory. */
    public static Protocol.Factory below(Protocol.Factory protocols) {
        return (transport, nowNs) -> new Cipher(transport, protocols, nowNs);
    }

    /** Of bytes that were sent through it, or are to be. */
    public static byte[] complement(byte[] bytes, int from, int to) {
        byte[] other = new byte[to - from];
        for (int i = from; i < to; i++) {
            other[i - from] = (byte) ~bytes[i];
        }
        return other;
    }

    @Override
    protected void decode(byte[] bytes, int from, int to, long nowNs) {
        deliver(complement(bytes, from, to), 0, to - from, nowNs);
    }

    @Override
    protected void encode(byte[] bytes, int from, int to) {
        below.send(complement(bytes, from, to), 0, to - from);
    }
}

package caffeine.server.script;

import caffeine.http.IpAddress;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.FileRange;
import caffeine.server.core.Protocol;
import caffeine.server.core.Transport;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The client of a trial: keeps the server's own answer, and has no socket to lend. */
final class TrialTransport implements Transport {

    private static final int CLIENT_PORT = 50_000;

    private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
    private final SocketAddress local;
    private final Runnable closed;

    /**
     * @param local where the client would have connected to
     * @param closed called when the server closes
     */
    TrialTransport(SocketAddress local, Runnable closed) {
        this.local = local;
        this.closed = closed;
    }

    /** The server's answer, a character for each byte. */
    String answer() {
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void send(byte[] bytes, int from, int to) {
        answer.write(bytes, from, to - from);
    }

    @Override
    public void upgrade(Protocol next) {
        throw new UnsupportedOperationException("no script upgrades its connection");
    }

    @Override
    public void send(FileRange file) {
        throw new UnsupportedOperationException("no script sends a file");
    }

    @Override
    public void send(ByteBuffer bytes, int from, int to) {
        byte[] copy = new byte[to - from];
        bytes.get(from, copy);
        answer.writeBytes(copy);
    }

    @Override
    public void execute(Runnable task) {
        throw new UnsupportedOperationException("one thread does it all");
    }

    @Override
    public long unsentBytes() {
        return 0;
    }

    @Override
    public long sentBytes() {
        return answer.size();
    }

    @Override
    public void pauseReading() {}

    @Override
    public void resumeReading() {}

    @Override
    public void deadline(long atNs) {}

    @Override
    public void close() {
        closed.run();
    }

    @Override
    public void reset() {
        closed.run();
    }

    @Override
    public ClientAddress client() {
        if (!(local instanceof InetSocketAddress)) {
            return ClientAddress.UNIX;
        }
        return new ClientAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), CLIENT_PORT));
    }

    @Override
    public String localHost() {
        return local instanceof InetSocketAddress inet
                ? IpAddress.host(inet.getAddress().getAddress())
                : "localhost";
    }

    @Override
    public int localPort() {
        return local instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }

    @Override
    public int lend() {
        return NO_DESCRIPTOR;
    }

    @Override
    public long takeBack() {
        return 0;
    }
}

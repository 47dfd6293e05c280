package caffeine.bench.client;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * A client that asks one thing at a time over one HTTP/1.1 connection, and makes a new one when the
 * server has closed it: it makes exactly as many requests as it is told, for counting.
 */
public final class Asking implements AutoCloseable {
    private static final int PATIENCE_MS = 30_000;

    private final URI target;
    private final String request;
    private Socket socket = new Socket();
    private Answers answers = new Answers(InputStream.nullInputStream());
    private boolean connected;

    /**
     * A client that has not connected yet.
     *
     * @param target what it will ask for
     * @param keepAlive whether it would like to keep the connection
     */
    public Asking(URI target, boolean keepAlive) {
        this.target = target;
        String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
        request =
                "GET %s%s HTTP/1.1\r\nHost: %s\r\n%s\r\n"
                        .formatted(
                                target.getRawPath(),
                                query,
                                target.getAuthority(),
                                keepAlive ? "" : "Connection: close\r\n");
    }

    /**
     * An answer.
     *
     * @param status its status code
     * @param contentBytes how much content came
     */
    public record Answer(int status, long contentBytes) {}

    /** Asks, and reads the whole answer. */
    public Answer ask() throws IOException {
        begin();
        return read();
    }

    /** Asks, and does not wait for the answer. */
    public void begin() throws IOException {
        if (!connected) {
            connect();
        }
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void connect() throws IOException {
        socket.close();
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MS);
        socket.connect(
                new InetSocketAddress(InetAddress.getByName(target.getHost()), target.getPort()));
        answers = new Answers(new BufferedInputStream(socket.getInputStream()));
        connected = true;
    }

    private Answer read() throws IOException {
        Answers.Answer answer = answers.next(OutputStream.nullOutputStream());
        if (answer.closes()) {
            close();
        }
        return new Answer(answer.status(), answer.contentBytes());
    }

    @Override
    public void close() throws IOException {
        connected = false;
        socket.close();
    }
}

package caffeine.bench.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A client that asks one thing at a time over one HTTP/1.1 connection, and makes a new one when the
 * server has closed it: it makes exactly as many requests as it is told, for counting.
 */
public final class Asking implements AutoCloseable {
    private static final int PATIENCE_MS = 30_000;

    private final URI target;
    private final String request;
    private Socket socket = new Socket();
    private InputStream in = InputStream.nullInputStream();
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
        in = new BufferedInputStream(socket.getInputStream());
        connected = true;
    }

    private Answer read() throws IOException {
        String statusLine = line();
        if (!statusLine.matches("HTTP/1\\.[01] [0-9]{3}( .*)?")) {
            throw new IOException("no status line: " + statusLine);
        }
        int status = Integer.parseInt(statusLine.substring(9, 12));
        long length = -1;
        boolean chunked = false;
        boolean close = statusLine.startsWith("HTTP/1.0");
        for (String line = line(); !line.isEmpty(); line = line()) {
            String field = line.toLowerCase(Locale.ROOT);
            if (field.startsWith("content-length:")) {
                length = Long.parseLong(field.substring(15).strip());
            } else if (field.startsWith("transfer-encoding:")) {
                chunked = true;
            } else if (field.startsWith("connection:")) {
                close = field.contains("close") || (close && !field.contains("keep-alive"));
            }
        }
        long contentBytes = chunked ? skipChunks() : length >= 0 ? skip(length) : skipToEnd();
        if (close || (!chunked && length < 0)) {
            close();
        }
        return new Answer(status, contentBytes);
    }

    private long skipChunks() throws IOException {
        long all = 0;
        while (true) {
            String size = line();
            int end = size.indexOf(';');
            long bytes = Long.parseLong(end < 0 ? size : size.substring(0, end), 16);
            if (bytes == 0) {
                while (!line().isEmpty()) {
                    // The trailer section.
                }
                return all;
            }
            all += skip(bytes);
            line();
        }
    }

    private long skip(long bytes) throws IOException {
        in.skipNBytes(bytes);
        return bytes;
    }

    private long skipToEnd() throws IOException {
        return in.transferTo(java.io.OutputStream.nullOutputStream());
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection ended in the answer");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    @Override
    public void close() throws IOException {
        connected = false;
        socket.close();
    }
}

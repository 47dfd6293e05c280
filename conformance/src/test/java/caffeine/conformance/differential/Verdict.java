package caffeine.conformance.differential;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server makes of some bytes: the statuses of its final responses, up to the first that
 * refuses the message itself.
 *
 * @param accepted how many requests it took for requests, whatever it said to them
 * @param statuses all final statuses, for people
 */
record Verdict(int accepted, List<Integer> statuses) {

    /** A plain request; that it is answered shows that the bytes before it were all read. */
    private static final String FOLLOWING =
            "GET /cgi-bin/echo HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

    /** The statuses that say something of the message; any other is about what it asks for. */
    private static final Set<Integer> REFUSALS =
            Set.of(400, 408, 411, 413, 414, 417, 421, 426, 431, 501, 505);

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})");
    private static final int LIMIT_MS = 60_000;

    /** Sends the bytes and a plain request, and reads to the end of the connection. */
    static Verdict of(InetSocketAddress address, String request) {
        try (Socket socket = new Socket()) {
            socket.connect(address, LIMIT_MS);
            socket.setSoTimeout(LIMIT_MS);
            Thread sender = Thread.ofVirtual().start(() -> send(socket, (request + FOLLOWING)));
            String received = receive(socket);
            sender.join();
            return read(received);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static void send(Socket socket, String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
        } catch (IOException closedByServer) {
            // It has refused: what it said is being read.
        }
    }

    private static String receive(Socket socket) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        byte[] block = new byte[8192];
        try {
            int count;
            while ((count = socket.getInputStream().read(block)) > 0) {
                received.write(block, 0, count);
            }
        } catch (java.net.SocketTimeoutException e) {
            throw e;
        } catch (IOException reset) {
            // What came before it counts.
        }
        return received.toString(StandardCharsets.ISO_8859_1);
    }

    private static Verdict read(String received) {
        List<Integer> statuses = new ArrayList<>();
        Matcher matcher = STATUS_LINE.matcher(received);
        while (matcher.find()) {
            int status = Integer.parseInt(matcher.group(1));
            if (status >= 200) {
                statuses.add(status);
            }
        }
        if (statuses.isEmpty() && !received.isEmpty()) {
            return new Verdict(1, List.of()); // HTTP/0.9: content and nothing else
        }
        int accepted = 0;
        while (accepted < statuses.size() && !REFUSALS.contains(statuses.get(accepted))) {
            accepted++;
        }
        return new Verdict(accepted, statuses);
    }

    @Override
    public String toString() {
        return accepted + " " + statuses;
    }
}

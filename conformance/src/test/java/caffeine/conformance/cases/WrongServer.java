package caffeine.conformance.cases;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Answers each path with given bytes, then closes or stays; and every probe as a server should. */
final class WrongServer implements AutoCloseable {

    /** What is sent, and whether the server closes after it. */
    record Answer(String bytes, boolean closes) {}

    private final ServerSocket listener;
    private final Map<String, Answer> answers;
    private final String toProbe;

    WrongServer(Map<String, Answer> answers, String toProbe) throws IOException {
        this.answers = answers;
        this.toProbe = toProbe;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (Socket client = socket) {
            String head = readHead(client.getInputStream());
            Answer answer = answers.get(head.split(" ", -1)[1].substring(1));
            if (answer == null) {
                throw new AssertionError("no answer for " + head);
            }
            OutputStream out = client.getOutputStream();
            out.write(answer.bytes().getBytes(StandardCharsets.ISO_8859_1));
            while (!answer.closes() && !head.isEmpty()) {
                head = readHead(client.getInputStream());
                if (head.contains("runner-probe")) {
                    out.write(toProbe.getBytes(StandardCharsets.ISO_8859_1));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empty when the client has gone. */
    private static String readHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) {
                return "";
            }
            head.append((char) b);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}

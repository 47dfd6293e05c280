package caffeine.conformance.cases;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Answers each path with given bytes, then closes or stays; and each probe as a server should. */
final class WrongServer implements AutoCloseable {

    /** The path that is answered with the value of the request's field X. */
    static final String MIRROR = "mirror";

    /**
     * What is sent.
     *
     * @param waitsForEnd whether the server waits for the client's half-close before it
     * @param closes whether the server closes after it
     */
    record Answer(String bytes, boolean waitsForEnd, boolean closes) {

        Answer(String bytes, boolean closes) {
            this(bytes, false, closes);
        }
    }

    private final ServerSocket listener;
    private final Map<String, Answer> answers;
    private final String toProbe;
    private final UnaryOperator<String> mirror;

    /**
     * @param mirror makes the answer that has this value
     */
    WrongServer(Map<String, Answer> answers, String toProbe, UnaryOperator<String> mirror)
            throws IOException {
        this.answers = answers;
        this.toProbe = toProbe;
        this.mirror = mirror;
        listener = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
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
            boolean closes = false;
            while (!closes) {
                String head = readHead(client.getInputStream());
                if (head.isEmpty()) {
                    return;
                }
                Answer answer = answer(head);
                if (answer.waitsForEnd()) {
                    client.getInputStream().readAllBytes();
                }
                OutputStream out = client.getOutputStream();
                out.write(answer.bytes().getBytes(StandardCharsets.ISO_8859_1));
                closes = answer.closes();
            }
        } catch (IOException clientHasGone) {
            // It has seen enough, and its test says what of.
        }
    }

    private Answer answer(String head) {
        String path = head.split(" ", -1)[1].substring(1);
        if (path.contains("runner-probe")) {
            return new Answer(toProbe, false);
        }
        if (path.equals(MIRROR)) {
            String value = head.replaceFirst("(?s).*\r\nX: (.*?)\r\n.*", "$1");
            return new Answer(mirror.apply(value), false);
        }
        return Objects.requireNonNull(answers.get(path), path);
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

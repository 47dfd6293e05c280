package caffeine.server.engine;

import caffeine.server.testing.Until;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A few clients that connect, ask and go, again and again, until nobody listens any more. */
final class Callers {

    private static final int CALLERS = 8;
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private final InetSocketAddress address;
    private final AtomicInteger answers = new AtomicInteger();
    private final Queue<String> lost = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();

    Callers(InetSocketAddress address) {
        this.address = address;
        for (int i = 0; i < CALLERS; i++) {
            threads.add(Thread.ofPlatform().start(this::call));
        }
    }

    private void call() {
        boolean listens = true;
        while (listens) {
            try (Socket socket = new Socket()) {
                socket.connect(address);
                listens = ask(socket);
            } catch (ConnectException refused) {
                listens = false;
            } catch (IOException e) {
                lost.add("connecting: " + e);
            }
        }
    }

    private boolean ask(Socket socket) {
        try {
            socket.getOutputStream().write(REQUEST);
            byte[] answer = socket.getInputStream().readAllBytes();
            String text = new String(answer, StandardCharsets.US_ASCII);
            if (text.startsWith("HTTP/1.1 200 OK") && text.endsWith("Hello, World!")) {
                answers.incrementAndGet();
            } else {
                lost.add("answered: " + text);
            }
        } catch (IOException e) {
            lost.add("asking: " + e);
        }
        return true;
    }

    void awaitAnswers(int each) {
        Until.holds("they are answered", () -> answers.get() > each * CALLERS);
    }

    /** Waits until all of them were refused; what went wrong until then. */
    List<String> untilRefused() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
        return List.copyOf(lost);
    }
}

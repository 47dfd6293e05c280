package caffeine.server.virtual;

import caffeine.server.ErrorPages;
import caffeine.server.service.RefusedClients;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;

/**
 * Clients that are turned away unread: 503, and a moment to take it before the close resets what
 * they sent. Bounded, so that who is refused costs next to nothing.
 */
final class RefusedChannels {

    private static final int MOST = 128;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final Semaphore places = new Semaphore(MOST);
    private final ThreadFactory threads;
    private final byte[] answer;

    /**
     * @param pages what they read
     */
    RefusedChannels(ThreadFactory threads, ErrorPages pages) {
        this.answer = RefusedClients.answer(pages);
        this.threads = threads;
    }

    /** Answers and takes over the channel. */
    void refuse(SocketChannel client) {
        if (places.tryAcquire()) {
            threads.newThread(() -> answer(client)).start();
        } else {
            drop(client);
        }
    }

    private void answer(SocketChannel client) {
        try {
            client.write(ByteBuffer.wrap(answer));
            client.shutdownOutput();
            Thread.sleep(MOMENT);
        } catch (IOException | InterruptedException _) {
            // It did not want to know.
        } finally {
            places.release();
            drop(client);
        }
    }

    void drop(SocketChannel client) {
        try {
            client.close();
        } catch (IOException _) {
            // It is gone, one way or the other.
        }
    }
}

package caffeine.server.virtual;

import caffeine.server.loop.Clock;
import caffeine.server.options.ErrorPages;
import caffeine.server.service.RefusedClients;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Clients that are turned away unread: 503, and a moment to take it before the close resets what
 * they sent. Bounded, so that who is refused costs next to nothing.
 */
final class RefusedChannels implements AutoCloseable {

    private static final int MOST = 128;
    private static final long MOMENT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int DISCARDED_AT_ONCE = 1024;

    private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();
    private final ThreadFactory threads;
    private final Clock clock;
    private final byte[] answer;
    private volatile boolean closed;

    /**
     * @param pages what they read
     */
    RefusedChannels(ThreadFactory threads, Clock clock, ErrorPages pages) {
        this.answer = RefusedClients.answer(pages);
        this.threads = threads;
        this.clock = clock;
    }

    /** Answers and takes over the channel. On one thread, as {@link #close}. */
    void refuse(SocketChannel client) {
        if (closed || channels.size() >= MOST) {
            drop(client);
        } else {
            channels.add(client);
            try {
                threads.newThread(() -> answer(client)).start();
            } catch (Throwable e) {
                channels.remove(client);
                drop(client);
                throw e;
            }
        }
    }

    private void answer(SocketChannel client) {
        try {
            client.write(ByteBuffer.wrap(answer));
            client.shutdownOutput();
            discard(client.socket());
        } catch (IOException _) {
            // It did not want to know, or has had its time.
        } finally {
            drop(client);
            channels.remove(client);
        }
    }

    /** Reads until the client has ended, or its time is over. */
    private void discard(Socket client) throws IOException {
        long untilNs = clock.nanoTime() + MOMENT_NS;
        InputStream input = client.getInputStream();
        byte[] nothing = new byte[DISCARDED_AT_ONCE];
        int count;
        do {
            long leftNs = untilNs - clock.nanoTime();
            client.setSoTimeout(Math.toIntExact(1 + Math.max(0, leftNs / 1_000_000)));
            count = leftNs > 0 ? input.read(nothing) : -1;
        } while (count >= 0);
    }

    static void drop(SocketChannel client) {
        try {
            client.close();
        } catch (IOException _) {
            // It is gone, one way or the other.
        }
    }

    /** Drops those that are left. */
    @Override
    public void close() {
        closed = true;
        channels.forEach(RefusedChannels::drop);
    }
}

package caffeine.server.virtual;

import caffeine.server.buffer.SlabPool;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.Deadlines;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/**
 * What the transports of one lane share: the buffer that collects what a turn sends, which belongs
 * to one of them at a time, and who has something to be written after it. In the lane only.
 */
final class LaneContext {

    private static final int BUFFER_BYTES = 64 * 1024;

    final EventLoop loop;
    final long sendIdleNs;
    final long lingerNs;
    final int minimumSentPerSecond;
    final int localPort;
    final SlabPool unsent;
    private final ThreadFactory threads;
    private final byte[] collecting = new byte[BUFFER_BYTES];
    private final List<ChannelOutput> senders = new ArrayList<>();
    private @Nullable ChannelOutput sender;
    private int collected;

    /**
     * @param deadlines for clients that take nothing, and for those whose connection ends
     * @param minimumSentPerSecond the rate in bytes at which clients have to take a response
     * @param unsent memory for what slow clients have not taken
     * @param threads makes virtual threads
     */
    LaneContext(
            EventLoop loop,
            Deadlines deadlines,
            int minimumSentPerSecond,
            int localPort,
            SlabPool unsent,
            ThreadFactory threads) {
        this.loop = loop;
        this.sendIdleNs = deadlines.sendIdleNs();
        this.lingerNs = deadlines.lingerNs();
        this.minimumSentPerSecond = minimumSentPerSecond;
        this.localPort = localPort;
        this.unsent = unsent;
        this.threads = threads;
        loop.onTurnEnd(this::turnEnds);
    }

    /** Collects what fits; returns how much that was. */
    int collect(ChannelOutput output, byte[] bytes, int from, int length) {
        claim(output);
        int count = Math.min(length, BUFFER_BYTES - collected);
        System.arraycopy(bytes, from, collecting, collected, count);
        collected += count;
        return count;
    }

    int collect(ChannelOutput output, ByteBuffer bytes, int from, int length) {
        claim(output);
        int count = Math.min(length, BUFFER_BYTES - collected);
        bytes.get(from, collecting, collected, count);
        collected += count;
        return count;
    }

    /** Makes a transport the one that collects; another one takes along what it has. */
    private void claim(ChannelOutput output) {
        if (sender != output) {
            flush();
            sender = output;
        }
    }

    /** Gives what was collected to its transport, to be written after the turn. */
    void flush() {
        ChannelOutput output = sender;
        if (output != null) {
            int length = collected;
            forget();
            if (length > 0) {
                output.keep(collecting, length);
                senders.add(output);
            }
        }
    }

    /** Gives a transport what it collected; leaves another's alone. */
    void flushFor(ChannelOutput output) {
        if (sender == output) {
            flush();
        }
    }

    int collectedBy(ChannelOutput output) {
        return sender == output ? collected : 0;
    }

    /** Forgets the last bytes that were collected. */
    void uncollect(int bytes) {
        collected -= bytes;
    }

    /** Forgets what a transport collected, because it is closed. */
    void drop(ChannelOutput output) {
        if (sender == output) {
            forget();
        }
    }

    private void forget() {
        sender = null;
        collected = 0;
    }

    private void turnEnds() {
        flush();
        for (int i = 0; i < senders.size(); i++) {
            senders.get(i).write();
        }
        senders.clear();
    }

    /** Runs something that may block in a virtual thread of its own. */
    void start(Runnable task) {
        threads.newThread(task).start();
    }
}

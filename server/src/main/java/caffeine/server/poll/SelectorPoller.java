package caffeine.server.poll;

import caffeine.os.Errno;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@link Poller} over the JDK's selector, for channels: epoll, kqueue, or another of the kernel.
 *
 * <p>The selector does not report hang-ups: it reports all events of interest as ready, and nothing
 * without interest. A cancelled key keeps its channel until the next selection, so a channel that
 * is closed right after {@link #remove} keeps its descriptor until the next {@link #poll}.
 */
public final class SelectorPoller implements Poller {

    private static final long NS_PER_MS = 1_000_000;

    /**
     * The result of a selection, copied, because keys can be cancelled before their sources are
     * called.
     */
    private record Event(Source source, int generation, int readiness) {}

    private volatile Selector selector;
    private @Nullable Event[] events = new Event[64];
    private int generations;
    private int ready;

    private SelectorPoller(Selector selector) {
        this.selector = selector;
    }

    /**
     * Makes a poller that watches nothing yet.
     *
     * @throws IllegalStateException when the kernel has no descriptor left, with its reason
     */
    public static SelectorPoller open() {
        try {
            return new SelectorPoller(Selector.open());
        } catch (IOException e) {
            throw new IllegalStateException("selector: " + e.getMessage(), e);
        }
    }

    /** Puts the channel into non-blocking mode, which a selector requires. */
    @Override
    public int add(Source source, int interest) {
        if (source.interest >= 0) {
            throw new IllegalStateException(source.channel + " twice");
        }
        SelectableChannel channel = source.channel;
        if (channel == null) {
            return -Errno.EBADF;
        }
        try {
            channel.configureBlocking(false);
            source.key = register(channel, toOperations(channel, interest), source);
        } catch (ClosedChannelException _) {
            return -Errno.EBADF;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        source.generation = ++generations;
        source.interest = interest;
        return 0;
    }

    private SelectionKey register(SelectableChannel channel, int operations, Source source)
            throws IOException {
        try {
            return channel.register(selector, operations, source);
        } catch (CancelledKeyException _) {
            // It was removed since the last selection: the next one forgets the old key. Its events
            // are found again, and a wakeup that it consumed is repeated.
            selector.selectNow(_ -> {});
            selector.wakeup();
            return channel.register(selector, operations, source);
        }
    }

    @Override
    public void modify(Source source, int interest) {
        SelectionKey key = source.key;
        if (source.interest == interest || key == null) {
            return;
        }
        if (key.isValid()) { // not once its channel is closed
            key.interestOps(toOperations(key.channel(), interest));
        }
        source.interest = interest;
    }

    @Override
    public void remove(Source source) {
        SelectionKey key = source.key;
        if (key == null) {
            return;
        }
        key.cancel();
        source.key = null;
        source.interest = -1;
    }

    @Override
    public void forget(Source source) {
        remove(source);
    }

    /** Clears an interrupt: otherwise the selector would never wait again. */
    @Override
    public int poll(long timeoutNs) {
        Thread.interrupted();
        ready = 0;
        try {
            if (timeoutNs == 0) {
                selector.selectNow(this::remember);
            } else if (timeoutNs < 0) {
                selector.select(this::remember);
            } else {
                selector.select(this::remember, Math.ceilDiv(timeoutNs, NS_PER_MS));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ready;
    }

    private void remember(SelectionKey key) {
        if (ready == events.length) {
            events = Arrays.copyOf(events, 2 * ready);
        }
        Source source = (Source) key.attachment();
        events[ready++] = new Event(source, source.generation, fromOperations(key.readyOps()));
    }

    @Override
    public int dispatch(long nowNs) {
        int told = 0;
        Throwable first = null;
        int count = ready;
        ready = 0;
        for (int i = 0; i < count; i++) {
            Event event = events[i];
            events[i] = null;
            if (event != null && isCurrent(event)) {
                Throwable unhandled = event.source.deliver(event.readiness, nowNs, this);
                first = first == null ? unhandled : first;
                told++;
            }
        }
        if (first != null) {
            throw Source.unchecked(first);
        }
        return told;
    }

    private static boolean isCurrent(Event event) {
        return event.source.interest >= 0 && event.source.generation == event.generation;
    }

    /** The old selector is closed first: there may be no free descriptors. */
    @Override
    public void renew() {
        ready = 0;
        List<Source> watched = new ArrayList<>();
        try {
            selector.keys().forEach(key -> watched.add((Source) key.attachment()));
        } catch (ClosedSelectorException _) {
            // It has failed so badly that its keys are lost.
        }
        close();
        selector = open().selector;
        Throwable first = null;
        for (Source source : watched) {
            int interest = source.interest;
            if (interest >= 0) {
                source.key = null;
                source.interest = -1;
                int result = add(source, interest);
                if (result < 0) {
                    Throwable lost =
                            new IllegalStateException("selector: " + Errno.describe(-result));
                    Throwable unhandled = source.deliverMistake(lost, this);
                    first = first == null ? unhandled : first;
                }
            }
        }
        if (first != null) {
            throw Source.unchecked(first);
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** READ means accept for a listener, as in the kernel; WRITE means connected. */
    private static int toOperations(SelectableChannel channel, int interest) {
        int operations =
                ((interest & Source.READ) != 0 ? SelectionKey.OP_READ | SelectionKey.OP_ACCEPT : 0)
                        | ((interest & Source.WRITE) != 0 ? SelectionKey.OP_WRITE : 0);
        return operations & channel.validOps();
    }

    private static int fromOperations(int operations) {
        int readiness = 0;
        if ((operations & (SelectionKey.OP_READ | SelectionKey.OP_ACCEPT)) != 0) {
            readiness |= Source.READ;
        }
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            readiness |= Source.WRITE;
        }
        return readiness;
    }
}

package caffeine.server.poll;

import org.jspecify.annotations.Nullable;

/**
 * {@link Poller} for channels and raw descriptors in one loop: for scripts, whose processes and
 * pipes are descriptors, which the JDK's selector cannot watch.
 *
 * <p>The loop waits in the selector. A helper thread waits for the descriptors in epoll, wakes the
 * selector, and waits again once the loop has called their sources. So a loop without events of
 * descriptors pays nothing for them.
 */
public final class MixedPoller implements Poller {

    private final SelectorPoller channels;
    private final EpollPoller descriptors;
    private final Thread helper;
    private final Object lock = new Object();

    /** The helper has events, or a failure, and waits for the loop. Written under the lock. */
    private volatile boolean found;

    private volatile boolean closed;

    /** The helper waits for this turn of the loop. Used by the loop alone. */
    private boolean turn;

    private @Nullable Throwable failure;

    private MixedPoller(SelectorPoller channels, EpollPoller descriptors) {
        this.channels = channels;
        this.descriptors = descriptors;
        this.helper = Thread.ofPlatform().name("descriptors").daemon().unstarted(this::help);
    }

    /**
     * Makes a poller that watches nothing yet, and starts its helper.
     *
     * @throws IllegalStateException when the kernel has no descriptor left, with its reason
     */
    public static MixedPoller open() {
        SelectorPoller channels = SelectorPoller.open();
        try {
            EpollPoller descriptors = EpollPoller.open();
            try {
                MixedPoller made = new MixedPoller(channels, descriptors);
                made.helper.start();
                return made;
            } catch (Throwable e) {
                descriptors.close();
                throw e;
            }
        } catch (Throwable e) {
            channels.close();
            throw e;
        }
    }

    // ---- the helper

    private void help() {
        while (!closed) {
            Throwable failed = null;
            try {
                if (descriptors.poll(-1) == 0) {
                    continue;
                }
            } catch (Throwable e) {
                failed = e;
            }
            synchronized (lock) {
                failure = failed;
                found = true;
                lock.notifyAll(); // a loop that renews waits for this
                channels.wakeup();
                await(false);
            }
        }
    }

    /** Waits for the other thread, under the lock; an interrupt means nothing here. */
    private void await(boolean wanted) {
        while (found != wanted && !closed) {
            try {
                lock.wait();
            } catch (InterruptedException _) {
                // on
            }
        }
    }

    private void release() {
        synchronized (lock) {
            found = false;
            lock.notifyAll();
        }
    }

    // ---- the loop

    private Poller of(Source source) {
        return source.channel != null ? channels : descriptors;
    }

    @Override
    public int add(Source source, int interest) {
        return of(source).add(source, interest);
    }

    @Override
    public void modify(Source source, int interest) {
        of(source).modify(source, interest);
    }

    @Override
    public void remove(Source source) {
        of(source).remove(source);
    }

    @Override
    public void forget(Source source) {
        of(source).forget(source);
    }

    /** Events that the helper has found may be old, so while it waits they are asked for again. */
    @Override
    public int poll(long timeoutNs) {
        int count = channels.poll(timeoutNs);
        if (!found) {
            return count;
        }
        Throwable failed = failure;
        if (failed != null) {
            throw Source.unchecked(failed); // the helper waits for renew()
        }
        turn = true;
        return count + descriptors.poll(0);
    }

    @Override
    public int dispatch(long nowNs) {
        int told = 0;
        Throwable first = null;
        try {
            told = channels.dispatch(nowNs);
        } catch (Throwable e) {
            first = e;
        }
        if (turn) {
            turn = false;
            try {
                told += descriptors.dispatch(nowNs);
            } catch (Throwable e) {
                first = first == null ? e : first;
            } finally {
                release();
            }
        }
        if (first != null) {
            throw Source.unchecked(first);
        }
        return told;
    }

    @Override
    public void renew() {
        descriptors.wakeup();
        synchronized (lock) {
            await(true);
        }
        channels.renew();
        descriptors.renew();
        failure = null;
        turn = false;
        release();
    }

    @Override
    public void wakeup() {
        channels.wakeup();
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        descriptors.wakeup();
        boolean interrupted = false;
        while (helper.isAlive()) {
            try {
                helper.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            channels.close();
        } finally {
            descriptors.close();
        }
    }
}

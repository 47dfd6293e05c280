package caffeine.server.poll;

import caffeine.os.Errno;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link Poller} of a lane: sources that one kernel object watches for many lanes. It has no
 * descriptor of its own and waits for nothing: threads that wait at the kernel object post events
 * here, and a turn of the lane delivers them.
 *
 * <p>An event ends the watching of its source (EPOLLONESHOT, or a removal before the dispatch). At
 * the end of the turn {@link #rearm} watches each source again that is to be watched. So a source
 * is never ready for two threads, and an event that is too much only repeats a call that finds
 * nothing.
 *
 * <p>In the lane only, unless stated otherwise.
 */
public abstract class LanePoller implements Poller {

    /** The kernel's side: one for many lanes. Called in the lane of the source. */
    public interface Kernel {

        /**
         * Watches a source once. The {@link Source#generation} is new, and comes back with the
         * event.
         *
         * @return 0 or −errno
         */
        int watch(Source source, int interest);

        /**
         * Watches it once more, or for something else.
         *
         * @return 0 or −errno
         */
        int rearm(Source source, int interest);

        /**
         * Ends the watching, before the descriptor is closed or lent.
         *
         * @param closes the descriptor is closed right after, and no other process holds it
         */
        void unwatch(Source source, boolean closes);
    }

    /** An event that waits. A chain, the last one first. */
    private static final class Mail {
        final Source source;
        final int generation;
        final int readiness;
        @Nullable Mail next;

        Mail(Source source, int generation, int readiness) {
            this.source = source;
            this.generation = generation;
            this.readiness = readiness;
        }
    }

    /** A source that the kernel does not watch for anything. */
    static final int DISARMED = -1;

    private static final VarHandle MAIL;

    static {
        try {
            MAIL = MethodHandles.lookup().findVarHandle(LanePoller.class, "mail", Mail.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Kernel kernel;
    private volatile @Nullable Mail mail;

    /** Sources that the kernel may have to watch differently. */
    private final List<Source> touched = new ArrayList<>(2);

    /** The event of the thread that drives this turn; needs no queue. */
    private @Nullable Source brought;

    private int broughtGeneration;
    private int broughtReadiness;

    protected LanePoller(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Leaves an event for the thread in the lane. On any thread; then {@link #wakeup}. */
    public final void post(Source source, int generation, int readiness) {
        Mail posted = new Mail(source, generation, readiness);
        do {
            posted.next = mail;
        } while (!MAIL.compareAndSet(this, posted.next, posted));
    }

    /** The event of this turn, by the thread that drives it. */
    protected final void bring(Source source, int generation, int readiness) {
        brought = source;
        broughtGeneration = generation;
        broughtReadiness = readiness;
    }

    /** Whether events wait. On any thread. */
    protected final boolean hasMail() {
        return mail != null;
    }

    @Override
    public final int add(Source source, int interest) {
        if (source.interest >= 0) {
            throw new IllegalStateException("descriptor " + source.descriptor + " twice");
        }
        source.home = this;
        int result = kernel.watch(source, interest);
        if (result >= 0) {
            source.interest = interest;
            source.armed = interest;
        }
        return result;
    }

    @Override
    public final void modify(Source source, int interest) {
        if (source.interest >= 0 && source.interest != interest) {
            source.interest = interest;
            touched.add(source);
        }
    }

    @Override
    public final void remove(Source source) {
        end(source, false);
    }

    @Override
    public final void forget(Source source) {
        end(source, true);
    }

    private void end(Source source, boolean closes) {
        if (source.interest >= 0) {
            kernel.unwatch(source, closes);
            source.interest = -1;
            source.armed = DISARMED;
        }
    }

    @Override
    public final long receive(Source source, MemorySegment to, long length, int flags) {
        long count = Poller.super.receive(source, to, length, flags);
        source.drained = count == -Errno.EAGAIN;
        return count;
    }

    /** Waits for nothing. */
    @Override
    public final int poll(long timeoutNs) {
        return brought != null || hasMail() ? 1 : 0;
    }

    @Override
    public final int dispatch(long nowNs) {
        Source first = brought;
        Throwable unhandled = null;
        int told = 0;
        if (first != null) {
            brought = null;
            unhandled = deliver(first, broughtGeneration, broughtReadiness, nowNs);
            told++;
        }
        for (Mail next = takeMail(); next != null; next = next.next) {
            Throwable other = deliver(next.source, next.generation, next.readiness, nowNs);
            unhandled = unhandled == null ? other : unhandled;
            told++;
        }
        if (unhandled != null) {
            throw Source.unchecked(unhandled);
        }
        return told;
    }

    /** In the order in which it was posted. */
    private @Nullable Mail takeMail() {
        if (!hasMail()) {
            return null;
        }
        Mail ordered = null;
        Mail next = (Mail) MAIL.getAndSet(this, null);
        while (next != null) {
            Mail rest = next.next;
            next.next = ordered;
            ordered = next;
            next = rest;
        }
        return ordered;
    }

    private @Nullable Throwable deliver(Source source, int generation, int readiness, long nowNs) {
        if (source.interest < 0 || source.generation != generation) {
            return null;
        }
        source.armed = DISARMED;
        touched.add(source);
        return readiness == 0 ? null : source.deliver(readiness, nowNs, this);
    }

    /**
     * Has the kernel watch again. At the end of a turn, after its output was sent.
     *
     * @return false when a source cannot be watched: it was told, and needs another turn
     */
    protected final boolean rearm() {
        Throwable unhandled = null;
        boolean all = true;
        for (int i = 0; i < touched.size(); i++) {
            Source source = touched.get(i);
            if (source.interest < 0 || source.armed == source.interest) {
                continue;
            }
            int result = kernel.rearm(source, source.interest);
            if (result >= 0) {
                source.armed = source.interest;
            } else {
                all = false;
                Throwable lost = new IllegalStateException("cannot be watched: errno " + -result);
                Throwable other = source.deliverMistake(lost, this);
                unhandled = unhandled == null ? other : unhandled;
            }
        }
        touched.clear();
        if (unhandled != null) {
            throw Source.unchecked(unhandled);
        }
        return all;
    }

    /** The kernel's side belongs to all lanes. */
    @Override
    public final void renew() {}

    @Override
    public final void close() {}
}

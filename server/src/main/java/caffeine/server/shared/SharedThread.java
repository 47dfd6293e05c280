package caffeine.server.shared;

import caffeine.os.Processes;
import caffeine.server.poll.SharedEpoll;
import caffeine.server.service.PollingThread;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A thread of the pool: wait, and do the work of each event. While another thread waits it takes
 * one event at a time, so that the kernel wakes that one for the next. When all are busy it takes
 * several with one system call; those that it has not begun are taken by threads without work, so
 * that a handler that blocks holds up no other client.
 */
final class SharedThread extends PollingThread {

    static final int MOST_EVENTS = 16;
    static final int ANY = -1;

    // The batch: its number, how many events it has, and the next of them.
    private static final int COUNT = 16;
    private static final int NUMBER = 32;
    private static final int MASK = 0xFFFF;

    private final SharedPool pool;
    private final int processor;
    private final long[] data = new long[MOST_EVENTS];
    private final int[] readiness = new int[MOST_EVENTS];
    private final AtomicLong batch = new AtomicLong();

    /**
     * @param processor to stay on, or {@link #ANY}
     */
    SharedThread(SharedPool pool, String name, int processor) {
        super(pool, name);
        this.pool = pool;
        this.processor = processor;
    }

    @Override
    protected void begin() {
        if (processor != ANY) {
            int _ = Processes.schedSetAffinity(0, processor); // else it runs anywhere
        }
    }

    @Override
    protected void events(int count, SharedEpoll.Waiter waited) {
        for (int i = 0; i < count; i++) {
            data[i] = waited.data(i);
            readiness[i] = waited.readiness(i);
        }
        batch.set(((batch.get() >>> NUMBER) + 1) << NUMBER | (long) count << COUNT);
        if (count > 1) {
            pool.help(); // with the rest of them
        }
        while (takeOne(this)) {
            // on
        }
        steal();
    }

    /** Does the work of events that busy threads have not begun. */
    private void steal() {
        for (SharedThread other : pool.threads()) {
            while (!other.equals(this) && takeOne(other)) {
                // on
            }
        }
    }

    /** Does the work of the next event of a thread, if there is one that no thread has begun. */
    private boolean takeOne(SharedThread from) {
        long current = from.batch.get();
        int next = (int) current & MASK;
        if (next >= ((int) (current >>> COUNT) & MASK)) {
            return false;
        }
        long taken = from.data[next];
        int ready = from.readiness[next];
        if (from.batch.compareAndSet(current, current + 1)) { // else it was taken, or is another
            work(taken, ready);
        }
        return true;
    }
}

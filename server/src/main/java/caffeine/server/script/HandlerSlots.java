package caffeine.server.script;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The right to run a script, of which there are a fixed number for all workers together, and the
 * places to wait for one. Each worker has a view of its own on one {@link SlotTable}; so has the
 * parent, which keeps the slots of handlers that outlived their worker.
 *
 * <pre>{@code
 * if (slots.tryAcquire()) {
 *     run(request);                       // and slots.release() when its handler has ended
 * } else if (slots.tryEnqueue()) {
 *     queue.add(request);                 // slots.dequeue() if it leaves without having run
 * } else {
 *     refuse(request);                    // 503
 * }
 *
 * // whenever this worker is woken:
 * for (int n = slots.takeFreed(); n > 0; n--) {
 *     run(queue.removeFirst());
 * }
 * }</pre>
 *
 * <p><b>Exact.</b> A slot is a word that names its owner, and taking it is one compare-and-set. So
 * there are never more handlers than slots, and what a worker held when it was killed can be read
 * off the words, whatever it was doing. A waiting request is announced first and counted then, so
 * of two that race for the last place both may be refused, but never both admitted.
 *
 * <p><b>No wake-up is lost.</b> A slot must not stay free while a request waits for one. Whoever
 * frees a slot looks for waiting requests afterwards; whoever announces a request looks for free
 * slots afterwards; and the words are sequentially consistent, so at least one of two that race
 * sees the other, and wakes a worker ({@link #offer}). That worker's {@link #takeFreed} ends in one
 * of two ways. Either it found no slot free: then each of them had an owner when it looked, after
 * the announcement, and the owner will look when it releases. Or it has no request left: then it
 * offers what is free to the next. A worker that is marked as woken is not woken again: it takes
 * off the mark before it looks at the slots, so it sees what was freed while the mark was on. If it
 * dies instead, or the one that was to wake it does, {@link #forget} wakes everyone.
 *
 * <p><b>In turn.</b> A new request does not overtake those that wait, and freed slots are offered
 * to the waiting workers one after the other, so a busy worker does not starve another's queue.
 *
 * <p>{@link #tryAcquire} and {@link #release} may be called by any thread; the other calls on one
 * view by one thread at a time.
 */
public final class HandlerSlots {

    /** How workers are told to call {@link #takeFreed}. */
    public interface Wakeups {

        /** Makes the worker call {@link #takeFreed} soon. Called by any worker, any thread. */
        void wake(int worker);

        /** The worker is about to look: earlier wake-ups are no longer needed. */
        default void woken(int worker) {}
    }

    /** A wake-up is over with the look at the server's slots, which is the first of all. */
    private record OfRoute(Wakeups all) implements Wakeups {
        @Override
        public void wake(int worker) {
            all.wake(worker);
        }
    }

    private static final int FREE = 0;

    private final SlotTable table;
    private final Wakeups wakeups;
    private final int index;
    private final int mark;
    private final List<HandlerSlots> routes;

    /** Where the last search ended: a guess where to begin the next, so a race does no harm. */
    private int last;

    /**
     * A view on the table.
     *
     * @param index the worker's number; the number of workers for the parent
     */
    HandlerSlots(SlotTable table, Wakeups wakeups, int index) {
        this(List.of(table), wakeups, index);
    }

    /**
     * A view on the tables of a server and of its routes. A wake-up is for all of them: whoever is
     * woken calls {@link #takeFreed} of this first, then those of the {@link #routes}.
     */
    HandlerSlots(List<SlotTable> tables, Wakeups wakeups, int index) {
        SlotTable table = tables.getFirst();
        this.routes =
                tables.stream()
                        .skip(1)
                        .map(each -> new HandlerSlots(each, new OfRoute(wakeups), index))
                        .toList();
        this.table = table;
        this.wakeups = wakeups;
        this.index = Objects.checkIndex(index, table.workers() + 1);
        this.mark = index + 1;
        // Workers begin their searches apart from each other.
        this.last = (int) ((long) index * table.handlers() / (table.workers() + 1));
    }

    /**
     * Views for loops of one process.
     *
     * @param loops how many loops, each with a view of its own, at least 1
     * @param counts the server's, then those of its routes: {@link SlotCount#of}
     * @param wakeups wakes a loop by its number
     */
    public static List<HandlerSlots> inProcess(int loops, List<SlotCount> counts, Wakeups wakeups) {
        ByteBuffer words = ByteBuffer.allocateDirect(SlotTable.bytes(loops, counts));
        List<SlotTable> tables = SlotTable.create(words, loops, counts);
        List<HandlerSlots> views = new ArrayList<>(loops);
        for (int loop = 0; loop < loops; loop++) {
            views.add(new HandlerSlots(tables, wakeups, loop));
        }
        return List.copyOf(views);
    }

    /** The slots that routes have of their own, in the order of their counts. */
    List<HandlerSlots> routes() {
        return routes;
    }

    /** Takes a slot for a new request, unless there is none or others wait for one already. */
    public boolean tryAcquire() {
        return table.waiting() == 0 && takeSlot();
    }

    /**
     * Gives back a slot, and wakes someone who waits for it.
     *
     * @throws IllegalStateException if this view holds none
     */
    public void release() {
        int slot = find(mark, FREE);
        if (slot < 0) {
            throw new IllegalStateException("worker " + index + " holds no slot");
        }
        offer();
    }

    /**
     * Takes a place in the queue; {@link #takeFreed} will turn it into a slot. False when all
     * places are taken.
     */
    public boolean tryEnqueue() {
        if (table.places() == 0) {
            return false;
        }
        table.addWaiting(index, 1);
        if (table.waiting() > table.places()) {
            table.addWaiting(index, -1);
            return false;
        }
        offer();
        return true;
    }

    /** Gives back a place in the queue whose request does not want to run any more. */
    public void dequeue() {
        table.addWaiting(index, -1);
    }

    /**
     * Takes free slots for this worker's waiting requests.
     *
     * @return how many of them have a slot now, and no longer a place; the caller runs as many
     */
    public int takeFreed() {
        wakeups.woken(index);
        table.clearWoken(index);
        int taken = 0;
        while (table.waiting(index) > 0 && takeSlot()) {
            table.addWaiting(index, -1);
            taken++;
        }
        offer();
        return taken;
    }

    /**
     * Takes back what a worker held that has died: its places, and its slots but those of the
     * handlers that are still running. These become this view's, and it must {@link #release} one
     * for each that ends.
     *
     * <p>Of the routes' slots none is kept, since nobody knows any more of which route a handler
     * is: until those that are still running have ended, a route may have more than its count. The
     * server never has.
     *
     * @param worker the dead worker; a new one of the same number is started only afterwards
     * @param stillRunning how many of its handlers are running
     * @return how many slots this view has taken over: {@code stillRunning}, or fewer when the
     *     worker held fewer
     */
    public int forget(int worker, int stillRunning) {
        Objects.checkIndex(worker, table.workers());
        int kept = 0;
        for (int slot = 0; slot < table.handlers(); slot++) {
            if (table.owner(slot) == worker + 1) {
                boolean keep = kept < stillRunning;
                table.changeOwner(slot, worker + 1, keep ? mark : FREE);
                kept += keep ? 1 : 0;
            }
        }
        table.clearWaiting(worker);
        table.clearWoken(worker);
        wakeAll();
        routes.forEach(each -> each.forget(worker, 0));
        return kept;
    }

    /** How many handlers are running, all workers together. */
    public int running() {
        int sum = 0;
        for (int slot = 0; slot < table.handlers(); slot++) {
            sum += table.owner(slot) == FREE ? 0 : 1;
        }
        return sum;
    }

    /** How many requests wait, all workers together. */
    public int waiting() {
        return table.waiting();
    }

    /**
     * Wakes the next worker that waits, if there is one and a slot is free for it. Called after
     * every change that may have made this so.
     */
    private void offer() {
        int turn = table.turn();
        int workers = table.workers();
        for (int step = 1; step <= workers; step++) {
            int worker = (turn + step) % workers;
            if (table.waiting(worker) > 0) {
                if (!hasFreeSlot()) {
                    return;
                }
                if (table.markWoken(worker)) {
                    table.setTurn(worker);
                    wakeups.wake(worker);
                    return;
                }
            }
        }
    }

    /**
     * Wakes every worker, whatever the words say: the dead one may have marked any of them as woken
     * without having come to wake it, and that one may wait later.
     */
    private void wakeAll() {
        for (int worker = 0; worker < table.workers(); worker++) {
            wakeups.wake(worker);
        }
    }

    private boolean takeSlot() {
        return find(FREE, mark) >= 0;
    }

    private boolean hasFreeSlot() {
        return find(FREE, FREE) >= 0;
    }

    /**
     * Changes the owner of one slot from {@code from} to {@code to}.
     *
     * @return the slot, or -1 when none had the owner {@code from} at the moment it was looked at
     */
    private int find(int from, int to) {
        int handlers = table.handlers();
        int slot = last;
        for (int step = 0; step < handlers; step++) {
            if (table.owner(slot) == from && table.changeOwner(slot, from, to)) {
                last = slot;
                return slot;
            }
            slot = slot + 1 == handlers ? 0 : slot + 1;
        }
        return -1;
    }
}

package caffeine.server.slots;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Slots to run scripts, a fixed number for all workers together, and places in the queue for one.
 * Each worker has its own view of one {@link SlotTable}; so has the parent, which keeps the slots
 * of scripts that outlived their worker.
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
 * <p><b>Exact.</b> A slot is a word with its owner, and taking it is one compare-and-set. So there
 * are never more handlers than slots, and the words show what a killed worker held. A waiting
 * request is announced first and counted then, so of two that race for the last place both may be
 * refused, but never both admitted.
 *
 * <p><b>No wake-up is lost.</b> A slot must not stay free while a request waits for one. A worker
 * that frees a slot then checks for waiting requests; a worker that announces a request then checks
 * for free slots; and the words are sequentially consistent, so in a race at least one sees the
 * other, and wakes a worker ({@link #offer}). That worker's {@link #takeFreed} ends in one of two
 * ways. Either it found no slot free: then each had an owner at that time, after the announcement,
 * and the owner will check when it releases. Or it has no request left: then it offers free slots
 * to the next worker. A worker that is marked as woken is not woken again: it clears the mark
 * before it looks at the slots, so it sees slots freed before. If it dies instead, or the worker
 * that should wake it dies, {@link #forget} wakes all workers.
 *
 * <p><b>In turn.</b> A new request does not overtake those that wait, and freed slots are offered
 * to the waiting workers one after the other, so a busy worker does not starve the queue of
 * another.
 *
 * <p>{@link #tryAcquire} and {@link #release} may be called by any thread; the other calls on one
 * view by one thread at a time.
 */
public final class HandlerSlots {

    /** Makes workers call {@link #takeFreed}. */
    public interface Wakeups {

        /** Makes the worker call {@link #takeFreed} soon. Called by any worker, any thread. */
        void wake(int worker);

        /** The worker is about to look: earlier wake-ups are no longer needed. */
        default void woken(int worker) {}
    }

    /** Looking at the server's slots, which comes first, ends a wake-up. */
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
     * A view on the tables of a server and of its routes. A wake-up is for all of them: a woken
     * loop calls {@link #takeFreed} of this first, then those of the {@link #routes}.
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
    public List<HandlerSlots> routes() {
        return routes;
    }

    /** Takes a slot for a new request, unless none is free or other requests already wait. */
    public boolean tryAcquire() {
        return table.waiting() == 0 && takeSlot();
    }

    /**
     * Releases a slot, and wakes a worker that waits for it.
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

    /** Releases a place in the queue of a cancelled request. */
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
     * Takes back the places and slots of a dead worker, except the slots of handlers that are still
     * running. These become this view's, and it must {@link #release} one for each that ends.
     *
     * <p>All slots of routes are freed, because the route of a running handler is no longer known:
     * until these handlers have ended, a route may have more than its count. The server never has.
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

    /**
     * A worker has ended by itself, and holds neither places nor slots. A slot that was offered to
     * it, and that it has not looked at, is offered to the next; others are not woken.
     */
    public void ended(int worker) {
        if (table.takeWoken(worker)) {
            offer();
        }
        routes.forEach(each -> each.ended(worker));
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
     * Wakes the next waiting worker, if a slot is free for it. Called after every change that can
     * free one.
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
     * Wakes every worker unconditionally: the dead worker may have marked another as woken without
     * waking it.
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

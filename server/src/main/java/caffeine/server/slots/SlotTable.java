package caffeine.server.slots;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The words that all workers share: running scripts and waiting requests. All access is atomic and
 * sequentially consistent; each word is a complete fact, so a process that dies at any instruction
 * leaves the table consistent.
 *
 * <pre>{@code
 * struct slot_table {
 *     int handlers, places, workers;          // how many slots, waiting requests, workers; constant
 *     int turn;                               // the worker that was woken last
 *     int pad[12];
 *     struct { int waiting, woken; } worker[workers];
 *     int owner[handlers];                    // of each slot: 0 free, else worker + 1
 * };
 * }</pre>
 */
class SlotTable {

    // A view of a byte buffer and not of a segment: its first use costs 1 ms, not 10 (measured).
    private static final VarHandle INT =
            MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private static final int HANDLERS = 0;
    private static final int PLACES = 4;
    private static final int WORKERS = 8;
    private static final int TURN = 12;
    private static final int WORKER = 64;
    private static final int WORKER_BYTES = 8;
    private static final int WOKEN = 4;

    private final ByteBuffer words;
    private final int handlers;
    private final int places;
    private final int workers;
    private final int owners;

    /** A view of a table that {@link #create} made in this memory, perhaps in another process. */
    SlotTable(ByteBuffer words) {
        this.words = words.order(ByteOrder.nativeOrder());
        this.handlers = get(HANDLERS);
        this.places = get(PLACES);
        this.workers = get(WORKERS);
        this.owners = WORKER + workers * WORKER_BYTES;
    }

    /**
     * How many bytes a table needs.
     *
     * @throws IllegalArgumentException if one of the numbers is below 1, or they are absurdly large
     */
    static int bytes(int workers, int handlers) {
        long bytes = WORKER + (long) workers * WORKER_BYTES + (long) handlers * Integer.BYTES;
        if (workers < 1 || handlers < 1 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(workers + " workers, " + handlers + " handlers");
        }
        return (int) bytes;
    }

    /** How many bytes tables of these counts need, one behind the other. */
    static int bytes(int workers, List<SlotCount> counts) {
        long bytes = 0;
        for (SlotCount count : counts) {
            bytes += aligned(bytes(workers, count.handlers()));
        }
        return Math.toIntExact(bytes);
    }

    /** A table begins where a cache line does. */
    private static long aligned(long bytes) {
        return (bytes + WORKER - 1) / WORKER * WORKER;
    }

    /** Makes tables of zeroed memory, of {@link #bytes(int, List)}. */
    static List<SlotTable> create(ByteBuffer zeroed, int workers, List<SlotCount> counts) {
        List<SlotTable> tables = new ArrayList<>();
        int at = 0;
        for (SlotCount count : counts) {
            int bytes = bytes(workers, count.handlers());
            tables.add(create(zeroed.slice(at, bytes), workers, count.handlers(), count.queue()));
            at += (int) aligned(bytes);
        }
        return tables;
    }

    /** Views of all tables that were made in this memory, perhaps in another process. */
    static List<SlotTable> of(ByteBuffer words) {
        List<SlotTable> tables = new ArrayList<>();
        for (int at = 0; at < words.capacity(); ) {
            SlotTable table = new SlotTable(words.slice(at, words.capacity() - at));
            tables.add(table);
            at += (int) aligned(bytes(table.workers(), table.handlers()));
        }
        return tables;
    }

    /** Makes a table of zeroed memory, of which a word may not lie across two cache lines. */
    static SlotTable create(ByteBuffer zeroed, int workers, int handlers, int places) {
        zeroed.order(ByteOrder.nativeOrder());
        zeroed.putInt(HANDLERS, handlers).putInt(PLACES, places).putInt(WORKERS, workers);
        return new SlotTable(zeroed);
    }

    int handlers() {
        return handlers;
    }

    /** How many requests may wait, all workers together. */
    int places() {
        return places;
    }

    int workers() {
        return workers;
    }

    int owner(int slot) {
        return get(owners + slot * Integer.BYTES);
    }

    boolean changeOwner(int slot, int from, int to) {
        return INT.compareAndSet(words, owners + slot * Integer.BYTES, from, to);
    }

    int waiting(int worker) {
        return get(WORKER + worker * WORKER_BYTES);
    }

    void addWaiting(int worker, int change) {
        var _ = (int) INT.getAndAdd(words, WORKER + worker * WORKER_BYTES, change);
    }

    void clearWaiting(int worker) {
        set(WORKER + worker * WORKER_BYTES, 0);
    }

    /** The number of requests that wait, all workers together. */
    int waiting() {
        int sum = 0;
        for (int worker = 0; worker < workers; worker++) {
            sum += waiting(worker);
        }
        return sum;
    }

    /** Marks a worker as woken; false when it already is, and has not looked yet. */
    boolean markWoken(int worker) {
        return INT.compareAndSet(words, WORKER + worker * WORKER_BYTES + WOKEN, 0, 1);
    }

    void clearWoken(int worker) {
        set(WORKER + worker * WORKER_BYTES + WOKEN, 0);
    }

    /** Clears the mark of a worker that was woken, and has not looked; false when there is none. */
    boolean takeWoken(int worker) {
        return INT.compareAndSet(words, WORKER + worker * WORKER_BYTES + WOKEN, 1, 0);
    }

    int turn() {
        return get(TURN);
    }

    void setTurn(int worker) {
        set(TURN, worker);
    }

    private int get(int offset) {
        return (int) INT.getVolatile(words, offset);
    }

    private void set(int offset, int value) {
        INT.setVolatile(words, offset, value);
    }
}

package caffeine.server.slots;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.os.Stat;
import caffeine.os.linux.EventFd;
import caffeine.os.linux.SharedMemory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * {@link HandlerSlots} for workers that are processes: the table lies in a memfd that all of them
 * map, and each worker has an eventfd that the others write to when a slot is free for it.
 *
 * <pre>{@code
 * SharedSlots parents = SharedSlots.create(4, SlotCount.of(options));
 * for (int fd : parents.descriptors()) { ... pass it to the worker, in this order ... }
 *
 * SharedSlots workers = SharedSlots.attach(received);
 * HandlerSlots slots = workers.view(2);
 * poller.add(workers.wakeupDescriptor(2), ...);      // once, for good
 * }</pre>
 */
public final class SharedSlots implements HandlerSlots.Wakeups, AutoCloseable {

    private final List<SlotTable> tables;
    private final Arena memory;

    /** The memfd, then the eventfd of each worker. */
    private final int[] descriptors;

    private SharedSlots(List<SlotTable> tables, Arena memory, int[] descriptors) {
        this.tables = tables;
        this.memory = memory;
        this.descriptors = descriptors;
    }

    /**
     * Makes the table, for the parent.
     *
     * @param workers how many workers, at least 1
     * @param counts the server's, then those of its routes: {@link SlotCount#of}
     * @throws ErrnoException EMFILE, ENFILE or ENOMEM
     */
    public static SharedSlots create(int workers, List<SlotCount> counts) {
        int bytes = SlotTable.bytes(workers, counts);
        int[] descriptors = new int[1 + workers];
        Arrays.fill(descriptors, -1);
        Arena memory = Arena.ofShared();
        try {
            descriptors[0] = check("memfd_create", Files.memfdCreate("caffeine-slots", 0));
            check("ftruncate", Descriptors.ftruncate(descriptors[0], bytes));
            for (int i = 1; i <= workers; i++) {
                descriptors[i] = check("eventfd", EventFd.create(0, Descriptors.O_NONBLOCK));
            }
            ByteBuffer words = map(descriptors[0], bytes, memory);
            List<SlotTable> tables = SlotTable.create(words, workers, counts);
            return new SharedSlots(tables, memory, descriptors);
        } catch (ErrnoException e) {
            release(memory, descriptors);
            throw e;
        }
    }

    /**
     * Maps the table in a worker.
     *
     * @param descriptors those of {@link #descriptors} in the parent, in this order; takes
     *     ownership, also when it throws
     * @throws ErrnoException when the table cannot be mapped
     */
    public static SharedSlots attach(int[] descriptors) {
        int[] owned = descriptors.clone();
        Arena memory = Arena.ofShared();
        try {
            Stat stat = new Stat();
            check("statx", Files.fstat(owned[0], stat));
            List<SlotTable> tables = SlotTable.of(map(owned[0], (int) stat.size(), memory));
            return new SharedSlots(tables, memory, owned);
        } catch (ErrnoException e) {
            release(memory, owned);
            throw e;
        }
    }

    /** The descriptors that a worker needs to attach; this object keeps ownership. */
    public int[] descriptors() {
        return descriptors.clone();
    }

    /** The view of one worker. */
    public HandlerSlots view(int worker) {
        return new HandlerSlots(tables, this, worker);
    }

    /** The parent's view: it frees the slots of dead workers, and later those of their handlers. */
    public HandlerSlots parentView() {
        return new HandlerSlots(tables, this, tables.getFirst().workers());
    }

    /** Readable when the worker should call {@link HandlerSlots#takeFreed}. */
    public int wakeupDescriptor(int worker) {
        return descriptors[1 + worker];
    }

    @Override
    public void wake(int worker) {
        // Only EAGAIN can happen, at 2^64 pending wake-ups.
        EventFd.signal(wakeupDescriptor(worker), 1);
    }

    @Override
    public void woken(int worker) {
        EventFd.drain(wakeupDescriptor(worker));
    }

    /** Unmaps the table and closes the descriptors; the views must not be used any more. */
    @Override
    public void close() {
        release(memory, descriptors);
    }

    private static ByteBuffer map(int fd, int bytes, Arena memory) {
        MemorySegment segment = SharedMemory.map(fd, bytes, memory);
        if (segment == null) {
            throw new ErrnoException("mmap", Errno.ENOMEM);
        }
        return segment.asByteBuffer();
    }

    private static void release(Arena memory, int[] descriptors) {
        if (memory.scope().isAlive()) {
            memory.close();
        }
        for (int i = 0; i < descriptors.length; i++) {
            if (descriptors[i] >= 0) {
                Descriptors.close(descriptors[i]);
                descriptors[i] = -1;
            }
        }
    }

    private static int check(String call, int result) {
        return ErrnoException.check(call, result);
    }
}

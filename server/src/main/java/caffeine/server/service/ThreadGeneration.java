package caffeine.server.service;

import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.service.ServingThread.Setup;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.slots.SlotCount;
import caffeine.server.socket.ClientListener;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Threads with the same options that share limits, slots and logs. */
final class ThreadGeneration<L extends ClientListener> extends Generation {

    /**
     * A replacement that failed this soon is not replaced: the next would fail for the same reason.
     */
    private static final long LATELY_NS = 10_000_000_000L;

    private final ThreadedEngine<L> engine;
    private final Logs logs;
    private final List<HandlerSlots> slots;
    private final ProcessShare share;

    /** Drives all; null: each has its own thread. */
    private @Nullable LanePool pool;

    /** By index; a failed thread is replaced. Read by any thread. */
    private final CopyOnWriteArrayList<ServingThread<L>> threads = new CopyOnWriteArrayList<>();

    /** When each replaced another. */
    private final long[] replacedNs;

    private int running;
    private boolean started;

    /**
     * Creates all threads, not started.
     *
     * @throws StartException without descriptors for them, or without a folder to serve
     */
    ThreadGeneration(ThreadedEngine<L> engine, ServerOptions server, int size, LogFiles files)
            throws StartException {
        super(server, files);
        this.engine = engine;
        int count = engine.threads(server, size);
        this.replacedNs = new long[count];
        Arrays.fill(replacedNs, Clock.SYSTEM.nanoTime() - LATELY_NS);
        this.logs = Logs.open("server", server.log(), files);
        try {
            this.slots =
                    HandlerSlots.inProcess(
                            count, SlotCount.of(server), i -> threads.get(i).slotFreed());
            ProcessShare all =
                    ProcessShare.of(
                            engine.limits(),
                            count,
                            server.limits().connections(),
                            server.limits(),
                            engine.setup().handler());
            this.pool = engine.pool(server, size);
            this.share = engine.description().isSequential() ? all.oneAtATime() : all;
            for (int i = 0; i < count; i++) {
                threads.add(thread(i));
            }
        } catch (Throwable e) {
            threads.forEach(ServingThread::close);
            closePool();
            logs.close();
            throw StartException.of(e);
        }
        ConnectionLimit room = share.room();
        room.whenFree(() -> threads.forEach(ServingThread::roomIsFree));
        room.whenShort(() -> threads.forEach(ServingThread::roomIsShort));
        room.whenExhausted(() -> threads.forEach(ServingThread::descriptorsExhausted));
    }

    @SuppressWarnings("unchecked") // an engine with a pool accepts at the listeners of its groups
    private ServingThread<L> thread(int index) throws StartException {
        LanePool driven = pool;
        return driven == null
                ? engine.thread(setup(index))
                : (ServingThread<L>) driven.group(setup(index));
    }

    private void closePool() {
        if (pool != null) {
            pool.close();
        }
    }

    private Setup setup(int index) {
        return new Setup(
                engine.threadName() + " " + (index + 1),
                server(),
                logs,
                slots.get(index),
                share,
                engine.context().addresses(),
                engine.context().reserve(),
                engine.pollers());
    }

    @Override
    protected void start() {
        started = true;
        for (int i = 0; i < threads.size(); i++) {
            try {
                start(i);
            } catch (Throwable e) {
                threads.subList(i, threads.size()).forEach(ServingThread::close);
                endLogsWithTheLast();
                engine.failed(this, StartException.of(e));
                return;
            }
        }
        engine.serves(this);
    }

    private void start(int index) {
        ServingThread<L> thread = threads.get(index);
        LanePool driven = pool;
        if (driven != null && thread instanceof LaneGroup group) {
            driven.start(e -> engine.loop().execute(() -> engine.poolFailed(this, e)));
            group.start(mistake -> ended(thread, mistake));
        } else {
            String name = engine.threadName() + "-" + (index + 1);
            new Thread(() -> ended(thread, mistakeThatEnds(thread)), name).start();
        }
        running++;
    }

    private void ended(ServingThread<L> thread, @Nullable Throwable mistake) {
        engine.loop().execute(() -> engine.threadEnded(this, thread, mistake));
    }

    private static @Nullable Throwable mistakeThatEnds(ServingThread<?> thread) {
        try {
            return thread.run();
        } catch (Throwable e) {
            return e;
        }
    }

    /** A thread has ended. */
    void ended() {
        running--;
        endLogsWithTheLast();
    }

    private void endLogsWithTheLast() {
        if (running == 0) {
            closePool();
            logs.close();
            super.close();
        }
    }

    /**
     * Replaces a failed thread.
     *
     * @return whether this succeeded
     */
    boolean replace(ServingThread<L> dead) {
        int index = threads.indexOf(dead);
        long nowNs = Clock.SYSTEM.nanoTime();
        if (index < 0 || nowNs - replacedNs[index] < LATELY_NS) {
            return false;
        }
        replacedNs[index] = nowNs;
        try {
            slots.get(index).forget(index, 0);
            threads.set(index, thread(index));
            start(index);
            return true;
        } catch (Throwable e) {
            logs.log().line(LogLevel.ERROR, "server", "no other thread: " + Traces.describe(e));
            return false;
        }
    }

    /** All threads, in their order. From any thread. */
    List<ServingThread<L>> threads() {
        return threads;
    }

    /** The limit for the clients of all. */
    ConnectionLimit room() {
        return share.room();
    }

    @Override
    protected boolean logTo(LogFiles fresh) {
        return logs.reopen(fresh);
    }

    @Override
    protected void probe(Runnable answered) {
        Runnable task = answered;
        for (ServingThread<L> thread : threads) {
            Runnable next = task;
            task =
                    () -> {
                        if (!thread.execute(next)) {
                            next.run(); // this thread has ended
                        }
                    };
        }
        task.run();
    }

    /** Drains all for a reload: their clients may send one more request. */
    void retire(Consumer<List<L>> listeners) {
        threads.forEach(thread -> thread.retire(listeners));
    }

    @Override
    protected void drain() {
        threads.forEach(ServingThread::drain);
    }

    @Override
    protected int clients() {
        return share.room().count();
    }

    @Override
    protected void cut() {
        threads.forEach(ServingThread::cut);
    }

    @Override
    protected boolean isRunning() {
        return running > 0;
    }

    @Override
    protected boolean isOver() {
        return started && running == 0;
    }

    /** Releases everything, unless they were started. */
    @Override
    public void close() {
        if (!started) {
            threads.forEach(ServingThread::close);
            closePool();
            logs.close();
            super.close();
        }
    }
}

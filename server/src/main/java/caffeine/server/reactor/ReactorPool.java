package caffeine.server.reactor;

import caffeine.server.loop.Lane;
import caffeine.server.poll.LanePoller;
import caffeine.server.poll.SharedEpoll;
import caffeine.server.poll.Source;
import caffeine.server.service.LanePool;
import caffeine.server.service.PollingThread;
import caffeine.server.service.PoolThread;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The loop, which alone waits, accepts and expires timers, and the threads that it hands readable
 * sources to. A source has left the epoll set before a thread of the pool gets it (delete before
 * dispatch), and the lane adds it again at the end of its turn: so one thread at a time reads it.
 */
final class ReactorPool extends LanePool {

    private static final int MOST_EVENTS = 256;

    /** Room in the queue, for each thread. */
    static final int QUEUED_PER_THREAD = 64;

    private final HandOff handOff;
    private final Loop loop;
    private final List<PoolThread> threads = new ArrayList<>();

    /**
     * @param apart whether each connection has a lane of its own
     * @throws IllegalStateException without descriptors, with the reason
     */
    ReactorPool(int count, boolean apart) {
        this(count, apart, SharedEpoll.deleting(MOST_EVENTS));
    }

    private ReactorPool(int count, boolean apart, SharedEpoll clients) {
        super(clients, apart);
        loop = new Loop();
        handOff = new HandOff(count, QUEUED_PER_THREAD * count);
        clients.readAgainBy(
                data ->
                        handOff.addBehindOthers(
                                () -> clients.deliverAgain(data, ReactorPool::enter)));
        threads.add(loop);
        for (int i = 1; i <= count; i++) {
            threads.add(new Worker(i));
        }
    }

    @Override
    protected List<PoolThread> threads() {
        return threads;
    }

    /** The loop accepts; what blocks is in other lanes. */
    @Override
    protected boolean acceptsApart() {
        return true;
    }

    @Override
    protected void ready(Lane lane, Source source, int generation, int readiness) {
        if (isAcceptor(lane)) {
            super.ready(lane, source, generation, readiness);
        } else {
            loop.hand(() -> lane.enter(source, generation, readiness));
        }
    }

    private static void enter(LanePoller lane, Source source, int generation, int readiness) {
        ((Lane) lane).enter(source, generation, readiness);
    }

    /** What a deadline calls may block, too. */
    @Override
    protected void due(Lane lane) {
        lane.wakeup();
    }

    @Override
    public void schedule(Lane lane) {
        if (isAcceptor(lane)) {
            super.schedule(lane);
            LockSupport.unpark(loop.thread()); // it may wait for room
        } else if (!handOff.add(lane::drive)) {
            wake();
        }
    }

    @Override
    public void close() {
        handOff.close();
        super.close();
    }

    /** The only thread that waits at the epoll set. */
    private final class Loop extends PollingThread {

        Loop() {
            super(ReactorPool.this, "reactor");
        }

        @Override
        protected long longestWaitNs() {
            return handOff.look();
        }

        @Override
        @SuppressWarnings("ThreadPriorityCheck") // nothing depends on it
        protected void events(int count, SharedEpoll.Waiter waited) {
            for (int i = 0; i < count; i++) {
                work(waited.data(i), waited.readiness(i));
            }
            Thread.yield(); // more events come meanwhile, so that one wait returns several
        }

        /** Takes no more events while the queue is full; but the server can still end. */
        void hand(Runnable event) {
            while (!handOff.offer(event)) {
                handOff.awaitRoom();
                scheduledLanes();
            }
        }
    }

    /** A thread of the pool. */
    private final class Worker extends PoolThread {
        Worker(int number) {
            super(ReactorPool.this, "reactor-" + number);
        }

        @Override
        protected boolean turn() {
            Runnable task = handOff.take(loop.thread());
            if (task != null) {
                working();
                task.run();
            }
            return task != null;
        }
    }
}

package caffeine.server.virtual;

import caffeine.server.loop.EventLoop;

import java.util.function.Consumer;

/** A lane that its visitors drive themselves, under its lock. */
final class EnteredLane implements Lane {

    private final LanePoller poller;
    private final EventLoop loop;
    private final Consumer<Throwable> mistaken;

    /**
     * @param mistaken told what breaks a turn
     */
    EnteredLane(LanePoller poller, EventLoop loop, Consumer<Throwable> mistaken) {
        this.poller = poller;
        this.loop = loop;
        this.mistaken = mistaken;
    }

    @Override
    public boolean begin(LaneTask first, Runnable start) {
        enter(first);
        start.run();
        return true; // one that has ended still has its lock, and resets the client
    }

    @Override
    public void enter(LaneTask visit) {
        poller.lock();
        try {
            poller.bring(visit);
            loop.doWork(0);
        } catch (Throwable e) {
            mistaken.accept(e);
        } finally {
            visit.over();
            wakeInTime();
            poller.unlock();
        }
    }

    /** The loop's own thread waits for timers; a visit may have set an earlier one. */
    private void wakeInTime() {
        long nowNs = loop.nowNs();
        long nextNs = loop.timers().untilNextNs(nowNs);
        if (nextNs != Long.MAX_VALUE) {
            poller.wakeAt(nowNs + nextNs);
        }
    }
}

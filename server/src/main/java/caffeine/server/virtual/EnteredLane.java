package caffeine.server.virtual;

import caffeine.server.loop.EventLoop;

import java.util.function.Consumer;

/** A lane that its visitors drive themselves, under its lock. */
final class EnteredLane implements Lane {

    private final LanePoller poller;
    private final EventLoop loop;
    private final Consumer<RuntimeException> mistaken;

    /**
     * @param mistaken told what breaks a turn
     */
    EnteredLane(LanePoller poller, EventLoop loop, Consumer<RuntimeException> mistaken) {
        this.poller = poller;
        this.loop = loop;
        this.mistaken = mistaken;
    }

    @Override
    public void begin(Visit first, Runnable start) {
        enter(first);
        start.run();
    }

    @Override
    public void enter(Visit visit) {
        poller.lock();
        try {
            poller.bring(visit);
            loop.doWork(0);
        } catch (RuntimeException e) {
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

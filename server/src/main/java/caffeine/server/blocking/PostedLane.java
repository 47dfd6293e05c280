package caffeine.server.blocking;

import caffeine.server.loop.EventLoop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A lane that its own thread drives: other threads post a task and wait. For scripts, whose
 * processes and pipes are native descriptors, which virtual threads cannot wait for.
 */
final class PostedLane implements Lane {

    /** A task, and the thread that waits for it. */
    private static final class Posted {
        final LaneTask visit;
        final Thread visitor = Thread.currentThread();
        volatile boolean done;

        Posted(LaneTask visit) {
            this.visit = visit;
        }
    }

    private final EventLoop loop;
    private final List<Posted> happened = new ArrayList<>();

    /** To be added last to the end of a turn. */
    PostedLane(EventLoop loop) {
        this.loop = loop;
        loop.onTurnEnd(this::release);
    }

    @Override
    public boolean begin(LaneTask first, Runnable start) {
        return loop.execute(
                () -> {
                    first.happen(loop.nowNs());
                    first.over();
                    start.run();
                });
    }

    @Override
    public void enter(LaneTask visit) {
        Posted posted = new Posted(visit);
        boolean happens =
                loop.execute(
                        () -> {
                            happened.add(posted);
                            visit.happen(loop.nowNs());
                        });
        while (happens && !posted.done) {
            LockSupport.park(this);
        }
    }

    private void release() {
        for (int i = 0; i < happened.size(); i++) {
            Posted posted = happened.get(i);
            try {
                posted.visit.over();
            } finally {
                posted.done = true;
                LockSupport.unpark(posted.visitor);
            }
        }
        happened.clear();
    }
}

package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Processes;
import caffeine.os.linux.PidFd;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.Source;
import caffeine.server.service.AdoptedChildren;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Orphaned children that this process has adopted as the nearest child subreaper (prctl(2)):
 * scripts of a dead worker, and processes that scripts left running. Scripts keep their deadline;
 * other processes may run until the server stops.
 */
final class Orphans {

    private static final long KILL_AFTER_NS = 5_000_000_000L;

    private final EventLoop loop;
    private final IntPredicate isWorker;
    private final Map<Integer, Orphan> orphans = new HashMap<>();

    /**
     * @param isWorker whether a process is a worker, which is no orphan
     */
    Orphans(EventLoop loop, IntPredicate isWorker) {
        this.loop = loop;
        this.isWorker = isWorker;
    }

    /**
     * Registers new children as scripts of a worker that has just died.
     *
     * @param handlerNs how long a script may run; 0: no limit
     * @param scriptEnded called for each of these scripts that ended
     * @return how many scripts those are
     */
    int adoptScripts(long handlerNs, Runnable scriptEnded) {
        int adopted = 0;
        for (int pid : Processes.children(Processes.getpid())) {
            // A script leads a process group of its own; a script's child is in another's.
            if (!isWorker.test(pid) && !orphans.containsKey(pid)) {
                boolean script = Processes.getpgid(pid) == pid;
                Runnable ended = script ? scriptEnded : () -> {};
                if (adopt(pid, script ? handlerNs : 0, ended) && script) {
                    adopted++;
                }
            }
        }
        return adopted;
    }

    private boolean adopt(int pid, long limitNs, Runnable ended) {
        int pidFd = PidFd.open(pid);
        if (pidFd < 0) {
            return false; // it ended meanwhile, or there is no descriptor: the next reaping sees it
        }
        Orphan orphan = new Orphan(pid, pidFd, ended);
        if (loop.poller().add(orphan, Source.READ) < 0) {
            Descriptors.close(pidFd);
            return false;
        }
        orphans.put(pid, orphan);
        if (limitNs > 0) {
            loop.timers().schedule(orphan.deadline, loop.nowNs() + limitNs);
        }
        return true;
    }

    /** Called for every reaped child, in case it is one of these. */
    void reaped(int pid) {
        Orphan orphan = orphans.remove(pid);
        if (orphan != null) {
            orphan.forget();
            orphan.ended.run();
        }
    }

    boolean isEmpty() {
        return orphans.isEmpty();
    }

    private final class Orphan extends Source {
        final int pid;
        final Runnable ended;
        final Deadline deadline = new Deadline();

        Orphan(int pid, int pidFd, Runnable ended) {
            super(pidFd);
            this.pid = pid;
            this.ended = ended;
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            Processes.waitPid(pid, false);
            reaped(pid);
        }

        void forget() {
            loop.timers().cancel(deadline);
            loop.poller().remove(this);
            Descriptors.close(descriptor());
        }

        private final class Deadline extends Timer {
            private boolean asked;

            @Override
            protected void expired(long nowNs) {
                AdoptedChildren.signalGroupOf(pid, asked ? Processes.SIGKILL : Processes.SIGTERM);
                if (!asked) {
                    asked = true;
                    loop.timers().schedule(this, nowNs + KILL_AFTER_NS);
                }
            }
        }
    }
}

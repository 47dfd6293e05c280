package caffeine.server.service;

import caffeine.os.Processes;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

/**
 * Ends the children that are left when a server stops: what scripts have started and left behind,
 * which comes to this process when its parent dies, if it is a child subreaper (prctl(2)).
 */
public final class OrphanReaper {

    private static final long KILL_NS = 2_000_000_000L;
    private static final long LOOK_NS = 10_000_000L;

    private final EventLoop loop;
    private final Runnable reap;
    private final Runnable done;

    /**
     * @param reap reaps all children that have ended
     * @param done called once, when there are no children any more
     */
    public OrphanReaper(EventLoop loop, Runnable reap, Runnable done) {
        this.loop = loop;
        this.reap = reap;
        this.done = done;
    }

    /** TERM now, KILL after a while, until none is left. */
    public void end() {
        signal(Processes.SIGTERM);
        after(KILL_NS, this::kill);
        look();
    }

    /** Ends all of them now. */
    public void kill() {
        signal(Processes.SIGKILL);
    }

    /** Children of children turn up here as their parents end. */
    private void look() {
        reap.run();
        if (Processes.children(Processes.getpid()).length == 0) {
            done.run();
        } else {
            after(LOOK_NS, this::look);
        }
    }

    private void after(long delayNs, Runnable action) {
        loop.timers()
                .schedule(
                        new Timer() {
                            @Override
                            protected void expired(long nowNs) {
                                action.run();
                            }
                        },
                        loop.nowNs() + delayNs);
    }

    private static void signal(int signal) {
        for (int pid : Processes.children(Processes.getpid())) {
            signalGroupOf(pid, signal);
        }
    }

    /** Signals a child and all of its process group, unless that is ours. */
    public static void signalGroupOf(int pid, int signal) {
        int group = Processes.getpgid(pid);
        if (group > 1 && group != Processes.getpgid(0)) {
            Processes.killGroup(group, signal);
        }
        Processes.kill(pid, signal);
    }
}

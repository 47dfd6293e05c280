package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Processes;
import caffeine.os.linux.PidFd;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Supplier;

/**
 * Orphaned children that this process has adopted: processes that scripts have left running
 * (prctl(2), PR_SET_CHILD_SUBREAPER). Scripts are children too, and each loop reaps its own. So for
 * an ended child, all loops are asked one after the other, and it is reaped here if no loop claims
 * it. No script is missed: a loop spawns and registers one in the same turn. At the end of the
 * server, the remaining children are ended.
 */
public final class AdoptedChildren {

    /** A loop with scripts of its own. */
    public interface Claimant {

        /**
         * Runs a task in the loop's next turn. From any thread.
         *
         * @return false when the loop has ended, and it will not run
         */
        boolean execute(Runnable task);

        /** Whether the process is one of the loop's scripts. In one of its turns. */
        boolean runs(int pid);
    }

    private static final long LOOK_NS = 1_000_000_000L;
    private static final long KILL_NS = 2_000_000_000L;
    private static final long LOOK_AT_END_NS = 10_000_000L;

    private final EventLoop loop;
    private final Supplier<? extends List<? extends Claimant>> claimants;
    private final Timer look =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    look();
                }
            };
    private boolean stopped;

    /** The loops that have not been asked about a child yet, and the one that has not answered. */
    private final ArrayDeque<Claimant> toAsk = new ArrayDeque<>();

    private @Nullable Claimant asked;
    private int pid;
    private int pidFd;

    /**
     * @param loop whose timers it uses; everything here is called on its thread
     * @param claimants the loops there are
     */
    AdoptedChildren(EventLoop loop, Supplier<? extends List<? extends Claimant>> claimants) {
        this.loop = loop;
        this.claimants = claimants;
    }

    /** Makes this process adopt. */
    static void adopt() {
        int _ = Processes.setChildSubreaper(true);
    }

    /** Begins to look, each second. */
    void start() {
        schedule();
    }

    private void schedule() {
        if (!stopped) {
            loop.timers().schedule(look, loop.nowNs() + LOOK_NS);
        }
    }

    private void look() {
        schedule(); // first, so that it continues after an exception here
        int child = Processes.findEnded();
        // The descriptor refers to this child, even if its number is reused.
        int childFd = child > 0 ? PidFd.open(child) : -1;
        if (childFd < 0) {
            return;
        }
        loop.timers().cancel(look);
        pid = child;
        pidFd = childFd;
        toAsk.addAll(claimants.get());
        askNext();
    }

    private void askNext() {
        Claimant next = toAsk.poll();
        if (next == null) {
            Processes.waitPidFd(pidFd, false);
            Descriptors.close(pidFd);
            loop.execute(this::look); // there may be more
            return;
        }
        asked = next;
        int child = pid;
        boolean asks =
                next.execute(
                        () -> {
                            boolean claimed = next.runs(child);
                            loop.execute(() -> answered(next, claimed));
                        });
        if (!asks) {
            answered(next, false);
        }
    }

    private void answered(Claimant claimant, boolean claimed) {
        if (!claimant.equals(asked)) {
            return;
        }
        asked = null;
        if (claimed) {
            toAsk.clear();
            Descriptors.close(pidFd);
            schedule();
        } else {
            askNext();
        }
    }

    /** A loop has ended, and no longer answers. */
    void gone(Claimant claimant) {
        toAsk.remove(claimant);
        answered(claimant, false);
    }

    // ---- the end

    /**
     * Stops checking, and ends the remaining children: SIGTERM now, SIGKILL later, until there are
     * none.
     *
     * @param reap reaps all children that have ended
     * @param done called once at the end
     */
    void end(Runnable reap, Runnable done) {
        stopped = true;
        loop.timers().cancel(look);
        signal(Processes.SIGTERM);
        after(KILL_NS, AdoptedChildren::kill);
        lookAtEnd(reap, done);
    }

    /** Ends all of them now. */
    static void kill() {
        signal(Processes.SIGKILL);
    }

    /** Grandchildren appear here as their parents end. */
    private void lookAtEnd(Runnable reap, Runnable done) {
        reap.run();
        if (Processes.children(Processes.getpid()).length == 0) {
            done.run();
        } else {
            after(LOOK_AT_END_NS, () -> lookAtEnd(reap, done));
        }
    }

    private void after(long delayNs, Runnable action) {
        loop.timers().schedule(Timer.of(action), loop.nowNs() + delayNs);
    }

    private static void signal(int signal) {
        for (int child : Processes.children(Processes.getpid())) {
            signalGroupOf(child, signal);
        }
    }

    /** Signals a child and its process group, unless the group is ours. */
    public static void signalGroupOf(int pid, int signal) {
        int group = Processes.getpgid(pid);
        if (group > 1 && group != Processes.getpgid(0)) {
            Processes.killGroup(group, signal);
        }
        Processes.kill(pid, signal);
    }
}

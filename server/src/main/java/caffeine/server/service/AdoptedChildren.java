package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Processes;
import caffeine.os.linux.PidFd;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

import java.util.List;

/**
 * Reaps the children that came to this process because theirs died: what scripts have left running
 * (prctl(2), PR_SET_CHILD_SUBREAPER). Scripts are children, too, and each loop reaps its own; so
 * when a child has ended, all loops are asked, one after the other, and it is reaped here if it is
 * nobody's. No script slips through: a loop spawns one and remembers it in the same turn.
 */
public final class AdoptedChildren {

    /** A loop with scripts of its own. */
    public interface Claimant {

        /** Runs something in the loop's next turn. From any thread. */
        void execute(Runnable task);

        /** Whether the process is one of the loop's scripts. In one of its turns. */
        boolean runs(int pid);
    }

    private static final long LOOK_NS = 1_000_000_000L;

    private final EventLoop loop;
    private final List<? extends Claimant> claimants;
    private final Timer look =
            new Timer() {
                @Override
                protected void expired(long nowNs) {
                    look();
                }
            };
    private boolean stopped;

    /**
     * @param loop whose timers it uses; everything here is called on its thread
     */
    public AdoptedChildren(EventLoop loop, List<? extends Claimant> claimants) {
        this.loop = loop;
        this.claimants = List.copyOf(claimants);
    }

    /** Makes this process adopt, and begins to look. */
    public void start() {
        int _ = Processes.setChildSubreaper(true);
        schedule();
    }

    /** Looks no more; the loops are about to end. */
    public void stop() {
        stopped = true;
        loop.timers().cancel(look);
    }

    private void schedule() {
        if (!stopped) {
            loop.timers().schedule(look, loop.nowNs() + LOOK_NS);
        }
    }

    private void look() {
        int pid = Processes.findEnded();
        // The descriptor names this child, and not one that may get its number later.
        int pidFd = pid > 0 ? PidFd.open(pid) : -1;
        if (pidFd < 0) {
            schedule();
        } else {
            ask(0, pid, pidFd);
        }
    }

    private void ask(int index, int pid, int pidFd) {
        if (index == claimants.size()) {
            Processes.waitPidFd(pidFd, false);
            release(pidFd);
            loop.execute(this::look); // there may be more
            return;
        }
        Claimant claimant = claimants.get(index);
        claimant.execute(
                () -> {
                    if (claimant.runs(pid)) {
                        release(pidFd);
                        loop.execute(this::schedule);
                    } else {
                        ask(index + 1, pid, pidFd);
                    }
                });
    }

    private static void release(int pidFd) {
        Descriptors.close(pidFd);
    }
}

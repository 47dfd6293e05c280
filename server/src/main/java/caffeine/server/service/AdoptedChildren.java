package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.Processes;
import caffeine.os.linux.PidFd;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
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

        /**
         * Runs something in the loop's next turn. From any thread.
         *
         * @return false when the loop has ended, and it will not run
         */
        boolean execute(Runnable task);

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

    /** Who is still to be asked of a child, and who has been and has not answered. */
    private final ArrayDeque<Claimant> toAsk = new ArrayDeque<>();

    private @Nullable Claimant asked;
    private int pid;
    private int pidFd;

    /**
     * @param loop whose timers it uses; everything here is called on its thread
     * @param claimants the loops there are; who changes the list does so on that thread
     */
    public AdoptedChildren(EventLoop loop, List<? extends Claimant> claimants) {
        this.loop = loop;
        this.claimants = claimants;
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
        schedule(); // first, so that it goes on whatever happens here
        int child = Processes.findEnded();
        // The descriptor names this child, and not one that may get its number later.
        int childFd = child > 0 ? PidFd.open(child) : -1;
        if (childFd < 0) {
            return;
        }
        loop.timers().cancel(look);
        pid = child;
        pidFd = childFd;
        toAsk.addAll(claimants);
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

    /** A loop has ended, and answers no more. */
    public void gone(Claimant claimant) {
        toAsk.remove(claimant);
        answered(claimant, false);
    }
}

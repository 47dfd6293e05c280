package caffeine.server.script;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.server.core.HandlerEnd;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.Source;

import org.jspecify.annotations.Nullable;

/**
 * A running script: its process, whose end a pidfd reports, and its deadline.
 *
 * <pre>
 *   RUNNING ──terminate: TERM to the group──▶ ENDING ──5 s: KILL──▶ ENDING
 *      └────────────── exit ───────────────────┴──▶ REAPED
 * </pre>
 */
final class ScriptProcess extends Source {

    /** Events of a script's process. */
    interface Owner {
        /** Its time is up. Called once for each time that {@link #deadline} set. */
        void deadlinePassed(long nowNs);

        /**
         * It ended and is reaped.
         *
         * @param exit null when other code reaped it, so that its status is unknown
         * @param cpuNs the processor time that it took, or −1 when that is unknown
         */
        void exited(@Nullable ExitStatus exit, long cpuNs, long nowNs);

        /** The server failed to handle its end. No further event follows. */
        void broken(Throwable mistake);
    }

    final int pid;
    final long startNs;
    private final EventLoop loop;
    private final Owner owner;
    private final Deadline deadline = new Deadline();
    private boolean ending;
    private boolean reaped;

    /** The owner gets no further events. */
    private boolean abandoned;

    private final long[] cpuNs = new long[1];

    ScriptProcess(int pid, int pidFd, EventLoop loop, Owner owner) {
        super(pidFd);
        this.pid = pid;
        this.loop = loop;
        this.owner = owner;
        this.startNs = loop.nowNs();
    }

    /** Begins to watch for the end. Returns 0 or −errno. */
    int watch() {
        return loop.poller().add(this, READ);
    }

    /** Sets when time is up; {@link Long#MAX_VALUE} for never. */
    void deadline(long atNs) {
        if (reaped || ending) {
            return;
        }
        if (atNs == Long.MAX_VALUE) {
            loop.timers().cancel(deadline);
        } else {
            loop.timers().schedule(deadline, atNs);
        }
    }

    /** Sends SIGTERM to the script and its children, and SIGKILL 5 s later. */
    void terminate() {
        if (!ending && !reaped) {
            ending = true;
            Processes.killGroup(pid, Processes.SIGTERM);
            loop.timers().schedule(deadline, loop.nowNs() + ScriptHandler.KILL_AFTER_NS);
        }
    }

    /** Ends the script and its children now. */
    void kill() {
        if (!reaped) {
            ending = true;
            Processes.killGroup(pid, Processes.SIGKILL);
        }
    }

    boolean isEnding() {
        return ending;
    }

    @Override
    protected void ready(int readiness, long nowNs) {
        if (ending) {
            // Before the leader is reaped: afterwards the group's number may be reused.
            Processes.killGroup(pid, Processes.SIGKILL);
        }
        long exit = reap();
        if (exit == 0 || abandoned) {
            return;
        }
        if (exit > 0) {
            owner.exited(ExitStatus.of(exit), cpuNs[0], nowNs);
        } else {
            owner.exited(null, HandlerEnd.UNKNOWN, nowNs);
        }
    }

    /**
     * Reaps the process if it has ended.
     *
     * @return how it ended; 0 while it runs, −errno when another call has reaped it
     */
    private long reap() {
        long exit = Processes.waitPidFd(descriptor(), false, cpuNs);
        if (exit == 0 || exit == -Errno.EINTR) {
            return 0;
        }
        reaped = true;
        loop.timers().cancel(deadline);
        loop.poller().forget(this);
        Descriptors.close(descriptor());
        return exit;
    }

    /**
     * Fails this script's request only. The process is killed, and reaped as soon as it has ended.
     */
    @Override
    protected void broken(Throwable mistake) {
        abandoned = true;
        if (!reaped) {
            loop.timers().cancel(deadline);
            kill();
            reap();
        }
        owner.broken(mistake);
    }

    private final class Deadline extends Timer {
        @Override
        protected void expired(long nowNs) {
            if (ending) {
                kill();
            } else {
                owner.deadlinePassed(nowNs);
            }
        }
    }
}

package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Processes;
import caffeine.os.RecordLocks.Holder;
import caffeine.os.linux.PidFd;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.IntPredicate;

/**
 * Makes an instance stop, or read its configuration again.
 *
 * <p>The signal goes to the holder of the lock, never to a number from a file: a pidfd is opened
 * for the holder, and the lock is read again. If the holder is still the same, the pidfd refers to
 * this process, because a number is not reused while its process lives.
 */
public final class Signalling {

    private static final long DEFAULT_GRACE_MS = 10_000;

    /** After the grace, scripts get TERM, and KILL 5 s later; a busy machine takes longer. */
    private static final long SLACK_MS = 20_000;

    /** A reload waits for new workers to start. */
    private static final long RELOAD_MS = 120_000;

    private static final int LOOK_AGAIN_MS = 20;

    /** An action on the holder, which its open pidfd identifies. */
    private interface Task<T> {
        T run(int pid, int pidFd) throws InstanceException;
    }

    /**
     * The result of a reload.
     *
     * @param pid the instance's process
     * @param taken whether it uses the new configuration
     * @param messages messages, one a line
     */
    public record Reloaded(int pid, boolean taken, List<String> messages) {}

    private final InstanceFiles files;

    /** Null when there is no such file: no instance of this name ever ran. */
    private final @Nullable InstanceLock lock;

    /** How long to wait beyond the grace of the instance. */
    private final long slackMs;

    private Signalling(InstanceFiles files, @Nullable InstanceLock lock, long slackMs) {
        this.files = files;
        this.lock = lock;
        this.slackMs = slackMs;
    }

    /**
     * Drains and stops the instance, and waits until it has ended.
     *
     * @return the number of the ended process
     * @throws InstanceException when no instance runs, or it does not end
     */
    public static int stop(InstanceFiles files) throws InstanceException {
        return stop(files, SLACK_MS);
    }

    static int stop(InstanceFiles files, long slackMs) throws InstanceException {
        try (InstanceLock lock = InstanceLock.open(files.lock())) {
            Signalling stopping = new Signalling(files, lock, slackMs);
            return stopping.withHolder(
                    (pid, pidFd) -> {
                        stopping.signalAndWait(pid, pidFd);
                        return pid;
                    });
        }
    }

    /**
     * Makes the instance read its configuration again, and waits for the result.
     *
     * @param ignoresHangUp whether a process ignores SIGHUP
     * @throws InstanceException when no instance runs, it cannot be signalled, or it reports no
     *     result
     */
    public static Reloaded reload(InstanceFiles files, IntPredicate ignoresHangUp)
            throws InstanceException {
        return reload(files, ignoresHangUp, RELOAD_MS);
    }

    static Reloaded reload(InstanceFiles files, IntPredicate ignoresHangUp, long patienceMs)
            throws InstanceException {
        try (InstanceLock lock = InstanceLock.open(files.lock())) {
            Signalling reloading = new Signalling(files, lock, patienceMs);
            return reloading.withHolder(
                    (pid, pidFd) -> {
                        if (ignoresHangUp.test(pid)) {
                            throw reloading.failed(
                                    pid,
                                    "cannot reload: it was started with SIGHUP ignored, as"
                                            + " nohup does; stop it and start it again");
                        }
                        return reloading.reloadAndWait(pid, pidFd);
                    });
        }
    }

    private <T> T withHolder(Task<T> task) throws InstanceException {
        while (true) {
            Holder holder = runner();
            int pidFd = PidFd.open(holder.pid());
            if (pidFd == -Errno.ESRCH) {
                continue; // It has just ended: ask the lock for its successor.
            }
            if (pidFd < 0) {
                throw failed(holder.pid(), "cannot be watched: " + Errno.describe(-pidFd));
            }
            try {
                if (holder.equals(runner())) {
                    return task.run(holder.pid(), pidFd);
                }
            } finally {
                Descriptors.close(pidFd);
            }
        }
    }

    private Holder runner() throws InstanceException {
        Holder holder = lock == null ? null : lock.holder();
        if (holder == null || !holder.exclusive()) {
            throw notRunning(files);
        }
        if (holder.pid() <= 0) {
            throw new InstanceException(
                    files.name()
                            + " runs on another machine or in another container that shares "
                            + files.folder()
                            + "; stop or reload it there");
        }
        return holder;
    }

    private void signalAndWait(int pid, int pidFd) throws InstanceException {
        Details details = details(pid);
        // A second signal would cut off requests.
        boolean toldAlready = details != null && details.state() == Details.State.DRAINING;
        if (lock != null && lock.beginStopping() && !toldAlready) {
            int result = PidFd.sendSignal(pidFd, Processes.SIGTERM);
            if (result < 0 && result != -Errno.ESRCH) {
                throw failed(pid, "cannot be signalled: " + Errno.describe(-result));
            }
        }
        long patienceMs = (details != null ? details.graceMs() : DEFAULT_GRACE_MS) + slackMs;
        int patience = Math.clamp(patienceMs, 0, Integer.MAX_VALUE);
        int result;
        do {
            result = Descriptors.poll(pidFd, Descriptors.POLLIN, patience);
        } while (result == -Errno.EINTR);
        if (result == 0) {
            throw failed(
                    pid,
                    "has not ended within "
                            + patience / 1_000
                            + " s of SIGTERM; caffeine --log --name "
                            + files.name()
                            + " shows the log, and kill -9 "
                            + pid
                            + " ends it at once");
        }
        if (result < 0) {
            throw failed(pid, "cannot be waited for: " + Errno.describe(-result));
        }
    }

    private Reloaded reloadAndWait(int pid, int pidFd) throws InstanceException {
        Details before = details(pid);
        if (before == null) {
            throw failed(
                    pid,
                    "does not listen yet, and SIGHUP would end it; try again when caffeine"
                            + " --list-instances shows its address");
        }
        if (before.state() == Details.State.DRAINING) {
            throw failed(pid, "is being stopped");
        }
        int result = PidFd.sendSignal(pidFd, Processes.SIGHUP);
        if (result < 0 && result != -Errno.ESRCH) {
            throw failed(pid, "cannot be signalled: " + Errno.describe(-result));
        }
        long deadlineNs = System.nanoTime() + slackMs * 1_000_000;
        while (true) {
            Details now = details(pid);
            // A reload that began earlier may have read the old file.
            if (now != null && now.reload().ended() > before.reload().begun()) {
                Details.Reload reload = now.reload();
                return new Reloaded(pid, reload.taken(), reload.messages().lines().toList());
            }
            result = Descriptors.poll(pidFd, Descriptors.POLLIN, LOOK_AGAIN_MS);
            if (result > 0 || (now != null && now.state() == Details.State.DRAINING)) {
                throw failed(pid, "was stopped before its reload was done");
            }
            if (result < 0 && result != -Errno.EINTR) {
                throw failed(pid, "cannot be waited for: " + Errno.describe(-result));
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw failed(
                        pid,
                        "has not finished its reload within "
                                + slackMs / 1_000
                                + " s; caffeine --log --name "
                                + files.name()
                                + " shows the log");
            }
        }
    }

    /** The details of a process; null when it has not written them yet. */
    private @Nullable Details details(int pid) {
        Details read = Details.read(files.details());
        return read != null && read.pid() == pid ? read : null;
    }

    private InstanceException failed(int pid, String what) {
        return new InstanceException(files.name() + " (pid " + pid + ") " + what);
    }

    private static InstanceException notRunning(InstanceFiles files) {
        return new InstanceException(
                files.name() + " does not run; caffeine --list-instances shows what does");
    }
}

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
 * Tells an instance from outside to stop, or to read its configuration again.
 *
 * <p>Who gets the signal is who holds the lock, and never a number that stands in a file: a pidfd
 * is opened for the holder, and the lock asked again. If it still has the same holder, the pidfd
 * means that process, for a number is not given to another one while its process lives.
 */
public final class Signalling {

    private static final long DEFAULT_GRACE_MS = 10_000;

    /** After the grace scripts are ended with TERM, 5 s, KILL; a busy machine takes longer. */
    private static final long SLACK_MS = 20_000;

    /** New workers are started before it is known what came of a reload. */
    private static final long RELOAD_MS = 120_000;

    private static final int LOOK_AGAIN_MS = 20;

    /** What is done with the holder, whom its pidfd means as long as that is open. */
    private interface Task<T> {
        T run(int pid, int pidFd) throws InstanceException;
    }

    /**
     * What came of a reload.
     *
     * @param pid the instance's process
     * @param taken whether it serves by the configuration that it has read
     * @param messages what is to be told of that, a line each
     */
    public record Reloaded(int pid, boolean taken, List<String> messages) {}

    private final InstanceFiles files;

    /** Null when there is no such file, so that none of that name ever ran. */
    private final @Nullable InstanceLock lock;

    /** How long to wait beyond what the instance says that it needs. */
    private final long slackMs;

    private Signalling(InstanceFiles files, @Nullable InstanceLock lock, long slackMs) {
        this.files = files;
        this.lock = lock;
        this.slackMs = slackMs;
    }

    /**
     * Has the instance end after the requests in progress, and waits until it has.
     *
     * @return the number of the process that has gone
     * @throws InstanceException when none runs, or it does not end
     */
    public static int stop(InstanceFiles files) throws InstanceException {
        return stop(files, SLACK_MS);
    }

    static int stop(InstanceFiles files, long slackMs) throws InstanceException {
        try (InstanceLock lock = InstanceLock.open(files.lock())) {
            Signalling stopping = new Signalling(files, lock, slackMs);
            return stopping.tell(
                    (pid, pidFd) -> {
                        stopping.signalAndWait(pid, pidFd);
                        return pid;
                    });
        }
    }

    /**
     * Has the instance read its configuration again, and waits until it has said what came of that.
     *
     * @param ignoresHangUp whether a process would not hear of it, because it ignores SIGHUP
     * @throws InstanceException when none runs, it cannot be told, or it does not say
     */
    public static Reloaded reload(InstanceFiles files, IntPredicate ignoresHangUp)
            throws InstanceException {
        return reload(files, ignoresHangUp, RELOAD_MS);
    }

    static Reloaded reload(InstanceFiles files, IntPredicate ignoresHangUp, long patienceMs)
            throws InstanceException {
        try (InstanceLock lock = InstanceLock.open(files.lock())) {
            Signalling reloading = new Signalling(files, lock, patienceMs);
            return reloading.tell(
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

    private <T> T tell(Task<T> task) throws InstanceException {
        while (true) {
            Holder holder = runner();
            int pidFd = PidFd.open(holder.pid());
            if (pidFd == -Errno.ESRCH) {
                continue; // It has gone in this moment: the lock tells who comes after it.
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
        // A second signal would cut off what the first lets end.
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
            // One that had begun before may not have read what is there now.
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

    /** What is to be known of a process; null when it has not said so yet. */
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

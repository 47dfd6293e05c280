package caffeine.cli.instance;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Processes;
import caffeine.os.RecordLocks.Holder;
import caffeine.os.linux.PidFd;

/**
 * Stops an instance from outside.
 *
 * <p>Who gets the signal is who holds the lock, and never a number that stands in a file: a pidfd
 * is opened for the holder, and the lock asked again. If it still has the same holder, the pidfd
 * means that process, for a number is not given to another one while its process lives.
 */
public final class Stopping {

    private static final long DEFAULT_GRACE_MS = 10_000;

    /** After the grace scripts are ended with TERM, 5 s, KILL; a busy machine takes longer. */
    private static final long SLACK_MS = 20_000;

    private final InstanceFiles files;
    private final InstanceLock lock;
    private final long slackMs;

    private Stopping(InstanceFiles files, InstanceLock lock, long slackMs) {
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
            if (lock == null) {
                throw notRunning(files);
            }
            return new Stopping(files, lock, slackMs).stop();
        }
    }

    private int stop() throws InstanceException {
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
                if (holder.equals(lock.holder())) {
                    signalAndWait(holder.pid(), pidFd);
                    return holder.pid();
                }
            } finally {
                Descriptors.close(pidFd);
            }
        }
    }

    private Holder runner() throws InstanceException {
        Holder holder = lock.holder();
        if (holder == null || !holder.exclusive()) {
            throw notRunning(files);
        }
        if (holder.pid() <= 0) {
            throw new InstanceException(
                    files.name()
                            + " runs on another machine or in another container that shares "
                            + files.folder()
                            + "; stop it there");
        }
        return holder;
    }

    private void signalAndWait(int pid, int pidFd) throws InstanceException {
        Details read = Details.read(files.details());
        Details details = read != null && read.pid() == pid ? read : null;
        // A second signal would cut off what the first lets end.
        boolean toldAlready = details != null && details.state() == Details.State.DRAINING;
        if (lock.beginStopping() && !toldAlready) {
            int result = PidFd.sendSignal(pidFd, Processes.SIGTERM);
            if (result < 0 && result != -Errno.ESRCH) {
                throw failed(pid, "cannot be told to stop: " + Errno.describe(-result));
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
                            + " may tell why, and kill -9 "
                            + pid
                            + " ends it at once");
        }
        if (result < 0) {
            throw failed(pid, "cannot be waited for: " + Errno.describe(-result));
        }
    }

    private InstanceException failed(int pid, String what) {
        return new InstanceException(files.name() + " (pid " + pid + ") " + what);
    }

    private static InstanceException notRunning(InstanceFiles files) {
        return new InstanceException(
                files.name() + " does not run; caffeine --list-instances shows what does");
    }
}

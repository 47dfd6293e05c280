package caffeine.server.service;

import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.log.Traces;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What changes while an engine of threads runs: parts with other options take the place of those
 * that serve, and log files are opened anew. On the supervisor's loop, but for what says otherwise.
 *
 * @param <P> what the engine's parts are
 */
public final class Changes<P extends Supervisor.ServingThread> implements AutoCloseable {

    /** How an engine has its parts, and its clients come to them. */
    public interface Arrangement<P extends Supervisor.ServingThread> {

        /**
         * Makes parts; they do not run yet.
         *
         * @param size how many threads there should be
         * @throws StartException with the reason for which there can be none
         */
        ThreadGeneration<P> make(ServerOptions server, int size, LogFiles files)
                throws StartException;

        /** Gives the first ones the clients that come. Before they and the supervisor run. */
        void begin(ThreadGeneration<P> first);

        /** Sets up what is to be there before fresh ones run. */
        default void prepare(ThreadGeneration<P> fresh) {}

        /**
         * Gives those that run now the clients that come from now on, and has the old ones end.
         *
         * @param done to be called on the supervisor's loop, when no client comes to the old ones
         *     any more
         */
        void replace(ThreadGeneration<P> old, ThreadGeneration<P> fresh, Runnable done);
    }

    /** Groups that may be ending at one time; another reload waits. */
    private static final int MOST_LEAVING = 4;

    private record Wanted(ServerOptions server, int size, Consumer<Boolean> done) {}

    private final Supervisor supervisor;
    private final Logs logs;
    private final Log log;
    private final Arrangement<P> arrangement;
    private final List<ThreadGeneration<P>> leaving = new ArrayList<>();
    private ThreadGeneration<P> current;
    private @Nullable Wanted wanted;

    /** Open for as long as we live: to open them again may be forbidden by then. */
    private LogFiles opened;

    /**
     * @param logs the supervisor's own; the caller keeps ownership
     * @param files what the options of the first parts name; they stay the caller's
     * @throws StartException when there are no descriptors for it
     */
    public Changes(
            Supervisor supervisor,
            Logs logs,
            Arrangement<P> arrangement,
            ThreadGeneration<P> first,
            LogFiles files)
            throws StartException {
        this.opened = files.copy();
        this.supervisor = supervisor;
        this.logs = logs;
        this.log = logs.log();
        this.arrangement = arrangement;
        this.current = first;
        supervisor.whenThreadEnded(this::reloadIfWanted);
    }

    /** Other options, as soon as there may be; from any thread. */
    public void reload(ServerOptions server, int size, Consumer<Boolean> done) {
        supervisor.execute(
                () -> {
                    wanted = new Wanted(server, size, done);
                    reloadIfWanted();
                });
    }

    private void reloadIfWanted() {
        leaving.removeIf(ThreadGeneration::isOver);
        Wanted now = wanted;
        if (now == null || leaving.size() >= MOST_LEAVING || !supervisor.isRunning()) {
            return;
        }
        wanted = null;
        ServerOptions server = now.server().withAddresses(current.server().addresses());
        LogFiles files;
        try {
            files = LogFiles.openAgain(server.log(), current.server().log(), opened);
        } catch (StartException e) {
            keepsOld(now, e);
            return;
        }
        ThreadGeneration<P> old = current;
        ThreadGeneration<P> fresh;
        try {
            fresh = arrangement.make(server, now.size(), files);
            arrangement.prepare(fresh);
            fresh.start(supervisor);
        } catch (StartException e) {
            files.close();
            keepsOld(now, e);
            return;
        }
        current = fresh;
        leaving.add(old);
        supervisor.exchange(old.all(), fresh.all());
        logs.change(server.log().withoutAccess(), files);
        keep(files);
        arrangement.replace(old, fresh, () -> replaced(now));
    }

    private void replaced(Wanted wish) {
        log.line(LogLevel.INFO, "reload", "done; old threads are draining");
        tell(wish, true);
    }

    private void keepsOld(Wanted refused, StartException reason) {
        log.line(
                LogLevel.ERROR,
                "reload",
                reason.getMessage() + "; the configuration stays as it was");
        tell(refused, false);
    }

    private void tell(Wanted wish, boolean done) {
        try {
            wish.done().accept(done);
        } catch (Throwable mistake) {
            log.line(LogLevel.ERROR, "reload", Traces.describe(mistake));
        }
    }

    private void keep(LogFiles files) {
        opened.close();
        opened = files;
    }

    /** Opens the log files anew; from any thread. What cannot be opened stays as it was. */
    public void reopenLogs() {
        supervisor.execute(this::reopenLogFiles);
    }

    private void reopenLogFiles() {
        try {
            LogFiles files = LogFiles.open(current.server().log());
            keep(files);
            boolean all = logs.reopen(files) && current.logs().reopen(files);
            for (ThreadGeneration<P> old : leaving) {
                if (!old.isOver() && old.server().log().equals(current.server().log())) {
                    all &= old.logs().reopen(files);
                }
            }
            if (all) {
                log.line(LogLevel.INFO, "server", "reopened log files");
            }
        } catch (StartException e) {
            log.line(LogLevel.ERROR, "server", e.getMessage() + "; lines still go to the old file");
        }
    }

    /** At the very end, on any thread. */
    @Override
    public void close() {
        opened.close();
    }
}

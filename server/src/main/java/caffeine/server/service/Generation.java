package caffeine.server.service;

import caffeine.server.log.LogFiles;
import caffeine.server.options.ServerOptions;

/**
 * What serves by the options of a start or of a reload: threads or processes. On the supervisor's
 * loop, where nothing says otherwise.
 */
public abstract class Generation implements AutoCloseable {

    private final ServerOptions server;
    private LogFiles files;

    /**
     * @param files what the options' logs name; this object takes ownership
     */
    protected Generation(ServerOptions server, LogFiles files) {
        this.server = server;
        this.files = files;
    }

    /** The options that it serves by. */
    public final ServerOptions server() {
        return server;
    }

    /** The files that its lines go to. */
    protected final LogFiles files() {
        return files;
    }

    /**
     * Starts what serves. It tells {@link EngineShell#serves} or {@link EngineShell#failed} of
     * that, now or later.
     */
    protected abstract void start();

    /**
     * Has lines go to these files from now on, which stay the caller's; false where some cannot.
     */
    protected abstract boolean logTo(LogFiles fresh);

    /** Has lines go to these files, of which this takes ownership. */
    final boolean reopen(LogFiles fresh) {
        boolean all = logTo(fresh);
        files.close();
        files = fresh;
        return all;
    }

    /** Runs a task when each of its threads has come round to it; from any thread. */
    protected void probe(Runnable answered) {
        answered.run();
    }

    /** Takes no more clients, and ends when those that it has are answered, or after the grace. */
    protected abstract void drain();

    /** Ends what runs, at once. */
    protected abstract void cut();

    /** Whether threads or processes of it run. */
    protected abstract boolean isRunning();

    /** Whether it has ended, and holds nothing any more. */
    protected abstract boolean isOver();

    /** Releases what it holds. As often as one likes. */
    @Override
    public void close() {
        files.close();
    }
}

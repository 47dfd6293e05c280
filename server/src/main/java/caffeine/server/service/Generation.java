package caffeine.server.service;

import caffeine.server.log.LogFiles;
import caffeine.server.options.ServerOptions;

/**
 * The threads or processes of a start or of a reload, with the same options. On the supervisor's
 * loop, unless stated otherwise.
 */
public abstract class Generation implements AutoCloseable {

    private final ServerOptions server;
    private LogFiles files;

    /**
     * @param files the log files of the options; takes ownership
     */
    protected Generation(ServerOptions server, LogFiles files) {
        this.server = server;
        this.files = files;
    }

    /** The options. */
    public final ServerOptions server() {
        return server;
    }

    /** The log files. */
    protected final LogFiles files() {
        return files;
    }

    /** Starts it. Calls {@link EngineShell#serves} or {@link EngineShell#failed}, now or later. */
    protected abstract void start();

    /** Switches to these log files; the caller keeps ownership; false when this fails for some. */
    protected abstract boolean logTo(LogFiles fresh);

    /** Switches to these log files; takes ownership. */
    final boolean reopen(LogFiles fresh) {
        boolean all = logTo(fresh);
        files.close();
        files = fresh;
        return all;
    }

    /** The number of its clients. */
    protected abstract int clients();

    /** Runs a task when each of its threads has responded; from any thread. */
    protected void probe(Runnable answered) {
        answered.run();
    }

    /**
     * Drains: takes no more clients, and ends when its requests are answered, or after the grace.
     */
    protected abstract void drain();

    /** Ends everything at once. */
    protected abstract void cut();

    /** Whether threads or processes of it run. */
    protected abstract boolean isRunning();

    /** Whether it has ended and released everything. */
    protected abstract boolean isOver();

    /** Releases everything. Idempotent. */
    @Override
    public void close() {
        files.close();
    }
}

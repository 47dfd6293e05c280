package caffeine.server.script;

import caffeine.os.ExitStatus;
import caffeine.server.core.Exchange;
import caffeine.server.core.HandlerEnd;
import caffeine.server.options.Setting;

import org.jspecify.annotations.Nullable;

/** One run of a script for an exchange: the common part of both modes. */
abstract class ScriptRun implements ScriptProcess.Owner {

    final ScriptExchange owner;
    final ScriptHandler handler;
    final Exchange exchange;
    final Script script;

    /** How long the script may take; 0: no limit. */
    final long handlerNs;

    private @Nullable ScriptProcess process;
    private boolean timedOut;

    ScriptRun(ScriptExchange owner, ScriptHandler handler, Exchange exchange, Script script) {
        this.owner = owner;
        this.handler = handler;
        this.exchange = exchange;
        this.script = script;
        this.handlerNs = script.route().handlerNs(handler.handlerNs);
    }

    /** Starts the process; throws an HttpException when this fails, and releases everything. */
    abstract void start(@Nullable String localTarget, ContentSpool content);

    /** The client takes bytes again. */
    abstract void writable();

    /** The client is gone. */
    abstract void abandoned();

    /** The process has ended. */
    abstract void finish(@Nullable ExitStatus exit, long nowNs);

    final void launch(@Nullable String localTarget, ContentSpool content, int stdout) {
        int stdin = localTarget == null ? content.openForReading() : handler.emptyInput();
        launch(localTarget, content, stdin, stdout);
    }

    final void launch(@Nullable String localTarget, ContentSpool content, int stdin, int stdout) {
        long contentBytes = ScriptExchange.contentBytes(exchange, localTarget, content);
        handler.launching(script, exchange, localTarget, contentBytes);
        ScriptProcess started =
                handler.launcher()
                        .launch(script, exchange, localTarget, contentBytes, stdin, stdout, this);
        process = started;
        handler.started(started);
        restartDeadline();
    }

    /** Restarts the script's deadline. */
    final void restartDeadline() {
        ScriptProcess current = process;
        if (current != null && handlerNs > 0) {
            current.deadline(handler.loop.nowNs() + handlerNs);
        }
    }

    /** Suspends the deadline while the client is slow. */
    final void suspendDeadline() {
        deadline(Long.MAX_VALUE);
    }

    /** Sets when the script's time is up. */
    final void deadline(long atNs) {
        ScriptProcess current = process;
        if (current != null) {
            current.deadline(atNs);
        }
    }

    final void terminate() {
        ScriptProcess current = process;
        if (current != null) {
            current.terminate();
        }
    }

    /** The process, also when it has ended; 0 before there is one. */
    final int pid() {
        ScriptProcess current = process;
        return current == null ? 0 : current.pid;
    }

    /** When it was started. */
    final long startNs() {
        ScriptProcess current = process;
        return current == null ? 0 : current.startNs;
    }

    final boolean timedOut() {
        return timedOut;
    }

    /** Logs why a response was ended whose output other processes held open. */
    final void logQuietEnd(String holders) {
        handler.events.handlerFailed(
                script.name(),
                "its response was ended after "
                        + script.route().outputQuietNs() / 1_000_000
                        + " ms without output: the script has ended, and "
                        + holders
                        + " its output open; redirect the output of background jobs (>/dev/null"
                        + " 2>&1), or raise "
                        + Setting.OUTPUT_QUIET);
    }

    /** Whether the server ended the script, so that its exit status means nothing. */
    final boolean wasEnded() {
        ScriptProcess current = process;
        return current != null && current.isEnding();
    }

    @Override
    public void deadlinePassed(long nowNs) {
        timedOut = true;
        handler.timedOut(script, handlerNs);
        terminate();
    }

    @Override
    public final void exited(@Nullable ExitStatus exit, long cpuNs, long nowNs) {
        ScriptProcess ended = process;
        if (ended == null) {
            return;
        }
        handler.exited(script, ended.pid, exit, wasEnded(), nowNs - ended.startNs);
        String outcome = ScriptExchange.outcome(exit);
        exchange.handlerEnded(new HandlerEnd(ended.pid, outcome, cpuNs));
        handler.ended(ended, owner); // first, so that a local redirect finds the slot free
        finish(exit, nowNs);
    }

    @Override
    public final void broken(Throwable mistake) {
        ScriptProcess ended = process;
        if (ended != null) {
            handler.ended(ended, owner);
        }
        owner.over();
        abandoned(); // its pipe, if it has one
        exchange.broken("script", mistake);
    }
}

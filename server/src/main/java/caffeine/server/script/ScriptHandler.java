package caffeine.server.script;

import caffeine.http.HttpException;
import caffeine.os.Processes.FileLimit;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.ManagedHandler;
import caffeine.server.core.ServerEvents;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.slots.HandlerSlots;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Answers requests with scripts: finds the script, takes the content, and starts it when a slot is
 * free. One for each loop.
 */
public final class ScriptHandler implements ManagedHandler {

    /** Between TERM and KILL. */
    public static final long KILL_AFTER_NS = 5_000_000_000L;

    /** The capacity of a pipe (pipe(7)). */
    private static final int PIPE_BYTES = 64 * 1024;

    /** The log category of files that are not run. */
    private static final String NO_SCRIPT = "scripts";

    private static final long SPOOL_MEMORY_BYTES = 16L << 20;

    final EventLoop loop;
    final ServerEvents events;
    final long handlerNs;
    final Admission admission;

    private final ScriptResolver resolver;

    /** The most bytes of a response in a file for a slow client; 0: no file. */
    final long spoolBytes;

    private final SpoolBudget spools;
    private final ContentStore store;
    private final ScriptLauncher launcher;
    private final MemorySegment pipeBuffer = Arena.ofAuto().allocate(PIPE_BYTES);
    private final ByteBuffer pipeBytes = pipeBuffer.asByteBuffer();
    private final Set<ScriptProcess> running = new LinkedHashSet<>();
    private final Set<CgiRun> leftovers = new LinkedHashSet<>();
    private final Runnable ended;

    /**
     * @param content memory for content on its way to a script: {@link #contentPool}
     * @param spools the budget of files for slow clients
     * @param slots this loop's view; its wake-up calls {@link #slotFreed}
     * @param fileLimit the descriptor limit that scripts get; null for this process's own
     * @param ended called when a running script has ended
     * @throws UncheckedIOException when the scripts' folder cannot be opened
     */
    public ScriptHandler(
            ServerOptions options,
            EventLoop loop,
            SlabPool content,
            SpoolBudget spools,
            HandlerSlots slots,
            ServerEvents events,
            @Nullable FileLimit fileLimit,
            Runnable ended) {
        this.loop = loop;
        this.events = events;
        this.handlerNs = options.deadlines().handlerNs();
        this.spoolBytes = options.limits().spoolBytes();
        this.spools = spools;
        try {
            this.resolver = new ScriptResolver(options.scripts());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.store = new ContentStore(ContentStore.defaultFolder(), content);
        this.admission = new Admission(slots, events);
        this.launcher = new ScriptLauncher(options.scripts(), loop, events, fileLimit);
        this.ended = ended;
    }

    /** The memory of one process for content on its way to scripts. */
    public static SlabPool contentPool() {
        return new SlabPool(SPOOL_MEMORY_BYTES);
    }

    @Override
    public ExchangeListener begin(Exchange exchange) {
        String path = exchange.request().target().rawPath();
        return switch (resolver.resolve(path)) {
            case Script script -> {
                script.route().check(exchange.request().method());
                yield new ScriptExchange(this, exchange, script);
            }
            case Resolution.Redirect redirect -> new FolderRedirect(exchange, redirect);
            case Resolution.Refusal refusal -> throw refused(refusal);
        };
    }

    /**
     * The script that a local redirect leads to (RFC 3875 §6.2.2), found and checked anew.
     *
     * @param method the request's method
     */
    Script resolveLocal(String path, String method) {
        return switch (resolver.resolve(path)) {
            case Script script -> {
                script.route().check(method);
                yield script;
            }
            case Resolution.Redirect _ ->
                    throw new HttpException(404, "RFC 3875 §6.2.2", "redirects to a folder");
            case Resolution.Refusal refusal -> throw refused(refusal);
        };
    }

    /** The detail names the file, not the address, of which clients can invent any number. */
    private HttpException refused(Resolution.Refusal refusal) {
        if (refusal.level().compareTo(LogLevel.WARN) >= 0) {
            events.handlerFailed(NO_SCRIPT, refusal.detail());
        }
        return new HttpException(refusal.status(), "RFC 3875 §3.2", refusal.detail());
    }

    /** Caches the mode that the first output of a script has shown. */
    void learn(Script script, Script.Mode dialect) {
        resolver.learn(script, dialect);
    }

    ContentSpool newSpool() {
        return new ContentSpool(store);
    }

    OutputSpool newOutputSpool() {
        return new OutputSpool(store, spools, spoolBytes);
    }

    /** Where the files of spools are, for messages. */
    String spoolFolder() {
        return store.folder();
    }

    /** For reading a pipe; valid until the next read. */
    MemorySegment pipeBuffer() {
        return pipeBuffer;
    }

    /** The same memory. */
    ByteBuffer pipeBytes() {
        return pipeBytes;
    }

    /** A descriptor that reads as empty. */
    int emptyInput() {
        return store.nothing();
    }

    ScriptLauncher launcher() {
        return launcher;
    }

    /** The runs with an ended response whose output other processes still hold. */
    Set<CgiRun> leftovers() {
        return leftovers;
    }

    // ---- what runs

    void started(ScriptProcess process) {
        running.add(process);
    }

    /** A request's script has ended: its resources are free. */
    void ended(ScriptProcess process, ScriptExchange request) {
        if (running.remove(process)) {
            admission.release(request);
            ended.run();
        }
    }

    @Override
    public void slotFreed() {
        admission.slotFreed();
    }

    // ---- the end

    @Override
    public boolean runs(int pid) {
        for (ScriptProcess process : running) {
            if (process.pid == pid) {
                return true;
            }
        }
        return false;
    }

    /** Whether no script is running. */
    @Override
    public boolean isIdle() {
        return running.isEmpty();
    }

    /** Asks all running scripts to end. */
    @Override
    public void endAll() {
        for (ScriptProcess process : new ArrayList<>(running)) {
            process.terminate();
        }
    }

    /** Ends all running scripts. */
    @Override
    public void killAll() {
        for (ScriptProcess process : new ArrayList<>(running)) {
            process.kill();
        }
    }

    @Override
    public void close() {
        new ArrayList<>(leftovers).forEach(CgiRun::closeLeft);
        launcher.close();
        resolver.close();
        store.close();
    }
}

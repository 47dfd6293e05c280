package caffeine.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.websocket.HandshakeSettings;
import caffeine.http.websocket.OpeningHandshake;
import caffeine.os.ExitStatus;
import caffeine.os.Processes.FileLimit;
import caffeine.server.buffer.SlabPool;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.ManagedHandler;
import caffeine.server.core.ServerEvents;
import caffeine.server.file.FileCaches;
import caffeine.server.file.FileHandler;
import caffeine.server.file.Printable;
import caffeine.server.handler.WebSocketUpgrade;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.options.Setting;
import caffeine.server.options.WebSocketOptions;
import caffeine.server.slots.HandlerSlots;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Answers requests with scripts: finds the script, takes the content, and starts it when a slot is
 * free. One for each loop.
 */
public class ScriptHandler implements ManagedHandler {

    /** Between TERM and KILL. */
    public static final long KILL_AFTER_NS = 5_000_000_000L;

    /** The capacity of a pipe (pipe(7)). */
    private static final int PIPE_BYTES = 64 * 1024;

    /** The log category of files that are not run. */
    static final String NO_SCRIPT = "scripts";

    private static final long SPOOL_MEMORY_BYTES = 16L << 20;

    final EventLoop loop;
    final ServerEvents events;
    final long handlerNs;
    final long graceNs;
    final WebSocketOptions webSocket;
    private final HandshakeSettings handshake;
    final Admission admission;

    private final ScriptResolver resolver;

    /** Sends files of the folder of scripts. */
    private final FileHandler files;

    /** Sends files of another folder where the scripts have nothing; null without one. */
    private final @Nullable FileHandler otherFiles;

    /** Sends files of another folder that scripts name; null without one. */
    private final @Nullable FileHandler sendfileFiles;

    /** Its path, a character for each byte; empty without one. */
    private final String sendfileRoot;

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
     * @param caches of the files that are sent, shared by the loops
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
            FileCaches caches,
            HandlerSlots slots,
            ServerEvents events,
            @Nullable FileLimit fileLimit,
            Runnable ended) {
        this.loop = loop;
        this.events = events;
        this.handlerNs = options.deadlines().handlerNs();
        this.graceNs = options.deadlines().graceNs();
        this.webSocket = options.webSocket();
        this.handshake = webSocket.handshake();
        this.spoolBytes = options.limits().spoolBytes();
        this.spools = spools;
        try {
            this.resolver = new ScriptResolver(options.scripts());
            Path folder = options.files().folder();
            List<RouteOptions> routes = options.scripts().routes();
            this.files = new FileHandler(resolver.folder(), options.files(), routes, caches);
            this.otherFiles =
                    folder == null
                            ? null
                            : new FileHandler(folder, options.files(), routes, caches);
            Path sendfile = options.files().sendfileRoot();
            this.sendfileFiles =
                    sendfile == null
                            ? null
                            : new FileHandler(sendfile, options.files(), routes, caches);
            this.sendfileRoot =
                    sendfile == null
                            ? ""
                            : new String(sendfile.toString().getBytes(UTF_8), ISO_8859_1);
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
    public final ExchangeListener begin(Exchange exchange) {
        String path = exchange.request().target().rawPath();
        return begin(exchange, path, resolver.resolve(path));
    }

    /**
     * What answers at the address of a local redirect: one of the two.
     *
     * @param script which is started
     * @param file which is being sent
     */
    record Local(@Nullable Script script, @Nullable ExchangeListener file) {}

    private ExchangeListener begin(Exchange exchange, String path, Resolution resolution) {
        return switch (resolution) {
            case Resolution.Sent sent -> send(exchange, path, sent);
            case Script script -> {
                script.route().check(exchange.request().method());
                OpeningHandshake.Accepted accepted =
                        script.mode() == Script.Mode.WEBSOCKET
                                ? WebSocketUpgrade.accept(exchange.request(), handshake)
                                : null;
                yield new ScriptExchange(this, exchange, script, accepted);
            }
            case Resolution.Redirect redirect -> new FolderRedirect(exchange, redirect);
            case Resolution.Refusal refusal -> {
                FileHandler beside = otherFiles;
                ExchangeListener file =
                        beside != null && isNothing(refusal) ? beside.beginIfFound(exchange) : null;
                if (file == null) {
                    throw refused(refusal);
                }
                yield file;
            }
        };
    }

    private ExchangeListener send(Exchange exchange, String path, Resolution.Sent sent) {
        sent.route().check(exchange.request().method());
        ExchangeListener listener =
                sent.name().isEmpty() && !sent.isFolder()
                        ? null
                        : files.beginIfFound(exchange, sent.name(), sent.isFolder());
        if (listener != null) {
            return listener;
        }
        return begin(exchange, path, withoutFile(path, sent));
    }

    /** What an address leads to where there is no file for it. */
    private Resolution withoutFile(String path, Resolution.Sent sent) {
        if (!sent.above().isEmpty() && !resolver.isFolder(sent.above())) {
            // "static" is no folder there: perhaps a part of PATH_INFO.
            return resolver.resolveScript(path);
        }
        return new Resolution.Refusal(
                404, LogLevel.DEBUG, "no such file: " + Printable.of(sent.name()));
    }

    /** Whether the folder of scripts has nothing there, so that the other folder answers. */
    private static boolean isNothing(Resolution.Refusal refusal) {
        return refusal.status() == 404 && refusal.level() == LogLevel.DEBUG;
    }

    /** Whether a script that talks WebSocket is at that path of a request target. */
    final boolean speaksWebSocket(String rawPath) {
        try {
            return resolver.resolve(rawPath) instanceof Script script
                    && script.mode() == Script.Mode.WEBSOCKET;
        } catch (HttpException _) {
            return false; // the answer to a request says what is wrong
        }
    }

    /**
     * The script or file that a local redirect leads to (RFC 3875 §6.2.2), found and checked anew.
     *
     * @param method of the new request: GET or HEAD
     */
    Local resolveLocal(Exchange exchange, String path, String method) {
        return local(exchange, path, method, resolver.resolve(path));
    }

    private Local local(Exchange exchange, String path, String method, Resolution resolution) {
        return switch (resolution) {
            case Script script -> {
                script.route().check(method);
                if (script.mode() == Script.Mode.WEBSOCKET) {
                    throw new HttpException(404, "RFC 3875 §6.2.2", "redirects to WebSocket");
                }
                yield new Local(script, null);
            }
            case Resolution.Sent sent -> {
                sent.route().check(method);
                ExchangeListener file =
                        sent.name().isEmpty() && !sent.isFolder()
                                ? null
                                : files.beginLocal(exchange, sent.name(), sent.isFolder());
                if (file != null) {
                    yield new Local(null, file);
                }
                yield local(exchange, path, method, withoutFile(path, sent));
            }
            case Resolution.Redirect _ ->
                    throw new HttpException(404, "RFC 3875 §6.2.2", "redirects to a folder");
            case Resolution.Refusal refusal -> {
                ExchangeListener file =
                        isNothing(refusal) && otherFiles != null
                                ? otherFiles.beginLocal(exchange, path)
                                : null;
                if (file == null) {
                    throw refused(refusal);
                }
                yield new Local(null, file);
            }
        };
    }

    /**
     * Sends a file for a script: below its own folder, or below the folder of the option.
     *
     * @param name a path below one of them, or an absolute path below the latter
     * @throws HttpException 404 when there is no such file
     */
    ExchangeListener sendFile(
            Exchange exchange, Script script, String name, int status, Fields fields) {
        String below = sendfileRoot;
        boolean isAbsolute = name.startsWith("/");
        String relative =
                isAbsolute && !below.isEmpty() && name.startsWith(below + "/")
                        ? name.substring(below.length() + 1)
                        : name;
        List<String> names = new ArrayList<>(List.of(relative.split("/", -1)));
        names.removeIf(each -> each.isEmpty() || each.equals("."));
        ExchangeListener sent = null;
        if (!names.isEmpty() && !names.contains("..") && !relative.startsWith("/")) {
            String path = String.join("/", names);
            if (!isAbsolute) {
                int slash = script.name().lastIndexOf('/');
                String folder = script.name().substring(Math.min(1, slash), slash);
                String own = folder.isEmpty() ? path : folder + "/" + path;
                sent = files.beginInstead(exchange, own, status, fields);
            }
            FileHandler others = sendfileFiles;
            if (sent == null && others != null) {
                sent = others.beginInstead(exchange, path, status, fields);
            }
        }
        if (sent == null) {
            events.handlerFailed(
                    script.name(),
                    "has X-Sendfile: "
                            + Printable.of(name)
                            + ", and no such file is below its folder"
                            + (below.isEmpty()
                                    ? "; " + Setting.SENDFILE_ROOT + " can name another"
                                    : " or " + Printable.of(below)));
            throw new HttpException(404, "RFC 9110 §15.5.5", "no file for X-Sendfile");
        }
        return sent;
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

    // ---- what runs, each step also for a trial to see

    /** Before a script is started, on this content. */
    void launching(
            Script script, Exchange exchange, @Nullable String localTarget, long contentBytes) {}

    /** The script has written bytes, in {@link #pipeBytes}. */
    void wrote(Script script, int count) {}

    /** The output of a script is not a response, and its client gets this status. */
    void outputRefused(Script script, int status, String detail) {
        events.handlerFailed(script.name(), detail);
    }

    /** The server ends a script at its deadline. */
    void timedOut(Script script, long afterNs) {
        events.handlerFailed(
                script.name(),
                "was ended after " + afterNs / 1_000_000 + " ms (" + Setting.HANDLER_TIMEOUT + ")");
    }

    /**
     * A script has ended.
     *
     * @param exit null when it is unknown
     * @param asked whether the server ended it, so that its status means nothing
     */
    void exited(Script script, int pid, @Nullable ExitStatus exit, boolean asked, long durationNs) {
        String outcome = ScriptExchange.outcome(exit);
        if (exit == null || exit.isSuccess() || asked) {
            events.handlerEnded(script.name(), pid, outcome, durationNs);
        } else {
            events.handlerFailed(
                    script.name(),
                    "failed: pid "
                            + pid
                            + ", "
                            + outcome
                            + ", after "
                            + durationNs / 1_000_000
                            + " ms");
        }
    }

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
    public final void slotFreed() {
        admission.slotFreed();
    }

    // ---- the end

    @Override
    public final boolean runs(int pid) {
        for (ScriptProcess process : running) {
            if (process.pid == pid) {
                return true;
            }
        }
        return false;
    }

    /** Whether no script is running. */
    @Override
    public final boolean isIdle() {
        return running.isEmpty();
    }

    @Override
    public final boolean readsLateOutput() {
        return !leftovers.isEmpty();
    }

    /** The output of a run has ended, perhaps the last that was left. */
    void outputEnded(CgiRun run) {
        if (leftovers.remove(run)) {
            ended.run();
        }
    }

    /** Asks all running scripts to end. */
    @Override
    public final void endAll() {
        for (ScriptProcess process : new ArrayList<>(running)) {
            process.terminate();
        }
    }

    /** Ends all running scripts. */
    @Override
    public final void killAll() {
        for (ScriptProcess process : new ArrayList<>(running)) {
            process.kill();
        }
    }

    @Override
    public final void close() {
        new ArrayList<>(leftovers).forEach(CgiRun::closeLeft);
        launcher.close();
        files.close();
        if (otherFiles != null) {
            otherFiles.close();
        }
        if (sendfileFiles != null) {
            sendfileFiles.close();
        }
        resolver.close();
        store.close();
    }
}

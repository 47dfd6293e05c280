package caffeine.server.service;

import caffeine.http.Fields;
import caffeine.os.Errno;
import caffeine.os.Processes;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.NativeAccess;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.App;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.Poller;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The common part of all engines: a start that releases everything on failure, a supervisor thread
 * that mostly sleeps, reloads by a new {@link Generation}, reopening of log files, a stop with its
 * grace, and the end of processes that scripts have left running.
 *
 * <pre>
 *   RUNNING ──stop──▶ DRAINING ──all have ended──▶ SWEEPING ──children gone──▶ end
 *                        │ a second stop: cut         │ a second stop: KILL
 * </pre>
 *
 * <p>A reload starts a second generation beside the one that serves. Once it is ready it gets the
 * new clients, and the old one drains. If it fails, it ends, and nothing changes.
 *
 * @param <G> the kind of generation
 */
public abstract class EngineShell<G extends Generation> implements Engine {

    /**
     * The objects of an engine from its start to its end.
     *
     * @param loop the supervisor's
     * @param log the supervisor's
     * @param opened takes ownership of resources until the end of the engine
     */
    public record Context(
            EventLoop loop,
            Log log,
            AddressCounts addresses,
            Reserve reserve,
            AdoptedChildren adopted,
            OpenResources opened) {}

    private enum Phase {
        RUNNING,
        DRAINING,
        SWEEPING
    }

    private record Wanted(ServerOptions server, int size, Consumer<Boolean> done) {}

    /** Generations that may be draining at one time; another reload waits. */
    private static final int MOST_LEAVING = 4;

    /**
     * A server that owns the process reaps every child, and ends all children when it stops: so a
     * process has at most one.
     */
    private static final AtomicBoolean OWNED = new AtomicBoolean();

    private final EngineDescription description;
    private final EngineSetup setup;
    private final String parts;
    private final Supplier<Poller> pollers;

    /** Makes no native call: they are not allowed, or there is no Linux. */
    private final boolean portable;

    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final List<G> leaving = new ArrayList<>();
    private volatile @Nullable Context context;
    private @Nullable Logs logs;

    /** Gets the clients. */
    private @Nullable G current;

    /** Gets them once it is ready. */
    private @Nullable G next;

    private @Nullable Wanted wanted;
    private Consumer<Boolean> nextServes = _ -> {};
    private Phase phase = Phase.RUNNING;
    private volatile @Nullable Throwable failure;

    /**
     * @param parts the parts in the plural: {@code threads}
     * @param pollers makes the pollers of loops, the supervisor's first
     */
    protected EngineShell(
            EngineDescription description,
            EngineSetup setup,
            String parts,
            Supplier<Poller> pollers) {
        this.description = description;
        this.setup = setup;
        this.parts = parts;
        this.pollers = pollers;
        this.portable =
                description.isPortable()
                        && !NativeAccess.isEnabled()
                        && !runsScripts(setup.server());
    }

    final EngineDescription description() {
        return description;
    }

    protected final EngineSetup setup() {
        return setup;
    }

    /** Whether scripts answer: they are processes, with which native calls alone can deal. */
    protected final boolean runsScripts(ServerOptions server) {
        return setup.handler() == null && server.app() == App.SCRIPTS;
    }

    // ---- what an engine says

    /**
     * Binds and listens.
     *
     * @param opened takes ownership of resources until the end of the engine
     * @return the addresses that were bound
     * @throws StartException with the reason and the next step
     */
    protected abstract List<SocketAddress> listen(OpenResources opened) throws StartException;

    /**
     * Creates the objects that all generations share. Before the first one.
     *
     * @throws StartException with the reason
     */
    protected void prepare(Context given) throws StartException {}

    /**
     * Creates a generation, not started.
     *
     * @param server with the addresses that were bound
     * @param files the log files of its options; the generation takes ownership on success @throws
     *     StartException with the reason
     */
    protected abstract G make(ServerOptions server, int parts, LogFiles files)
            throws StartException;

    /**
     * Gives new clients to a generation, and drains the one before it, if any; its clients may send
     * one more request.
     *
     * @param done called on the supervisor's loop, when the old one gets no more clients
     */
    protected abstract void hand(@Nullable G old, G fresh, Runnable done);

    /** Closes the listeners; clients that have connected already are taken. */
    protected abstract void stopAccepting();

    /** The name of the supervisor's thread. */
    protected String supervisor() {
        return "supervisor";
    }

    /** Reaps children while the server ends. */
    protected void reap() {
        while (Processes.reapAny() > 0) {
            // Their exit status is not needed.
        }
    }

    // ---- the start

    @Override
    public final String name() {
        return description.name();
    }

    @Override
    public final synchronized List<SocketAddress> start(Bound bound) throws StartException {
        if (context != null) {
            throw new IllegalStateException("started twice");
        }
        OpenResources opened = new OpenResources();
        List<SocketAddress> addresses;
        try {
            refuseUnlessItRunsHere();
            if (portable) {
                Preload.classesBeside(Fields.class, Engine.class);
            } else {
                NativeAccess.use();
                Preload.classesBeside(Errno.class, Fields.class, Engine.class);
            }
            Preload.addresses();
            LogFiles files = opened.add(LogFiles.open(setup.server().log()));
            addresses = listen(opened);
            bound.bound(addresses);
            claimProcess(opened);
            G first = open(setup.server().withAddresses(addresses), files, opened);
            new Thread(() -> run(first, opened), supervisor()).start();
        } catch (Throwable e) {
            StartException reason = StartException.of(e);
            try (opened) {
                throw reason; // what closing throws is suppressed
            }
        }
        awaitReady();
        return addresses;
    }

    private void refuseUnlessItRunsHere() throws StartException {
        String obstacle =
                runsScripts(setup.server())
                        ? description.obstacle(setup.server())
                        : description.obstacle();
        if (obstacle != null) {
            throw new StartException("the engine " + name() + " " + obstacle);
        }
    }

    private void claimProcess(OpenResources opened) throws StartException {
        if (!setup.ownsProcess()) {
            return;
        }
        if (!OWNED.compareAndSet(false, true)) {
            throw new StartException(
                    "another server runs in this process to which all of its child processes"
                            + " belong; stop that one first, or start this one without owning the"
                            + " process");
        }
        opened.add(() -> OWNED.set(false));
    }

    private G open(ServerOptions server, LogFiles files, OpenResources opened)
            throws StartException {
        Logs own =
                opened.add(Logs.open(description.process(), server.log().withoutAccess(), files));
        EventLoop loop = opened.add(new EventLoop(pollers.get(), Clock.SYSTEM, this::mistake));
        Context made =
                new Context(
                        loop,
                        own.log(),
                        new AddressCounts(),
                        opened.add(new Reserve()),
                        new AdoptedChildren(loop, this::claimants),
                        opened);
        logs = own;
        context = made;
        prepare(made);
        G first = opened.add(make(server, setup.size(), files));
        current = first;
        return first;
    }

    /** A failed start waits until everything has ended. */
    private void awaitReady() throws StartException {
        try {
            ready.join();
        } catch (CompletionException e) {
            try {
                ended.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            throw StartException.of(Objects.requireNonNullElse(e.getCause(), e));
        }
    }

    // ---- the run

    /** Everything that the start opened is closed here, once all have ended. */
    private void run(G first, OpenResources opened) {
        try (opened) {
            supervise(first);
        } finally {
            ended.countDown();
        }
    }

    private void supervise(G first) {
        try {
            if (setup.ownsProcess() && !portable) {
                AdoptedChildren.adopt();
                begin();
            }
            first.start();
            loop().run();
        } catch (Throwable e) {
            fail(e, "the supervisor's loop ended: ");
            generations().forEach(Generation::cut);
        } finally {
            ready.completeExceptionally(
                    new StartException("the server was stopped before it was ready"));
            generations().forEach(Generation::close);
        }
    }

    /** Begins to look after children. */
    protected void begin() {
        context().adopted().start();
    }

    /** The loops that run scripts. */
    protected List<? extends AdoptedChildren.Claimant> claimants() {
        return List.of();
    }

    final Supplier<Poller> pollers() {
        return pollers;
    }

    /** The result of the start. */
    protected final Context context() {
        return Objects.requireNonNull(context);
    }

    protected final EventLoop loop() {
        return context().loop();
    }

    protected final Log log() {
        return context().log();
    }

    /** The one that gets the clients. */
    protected final G current() {
        return Objects.requireNonNull(current);
    }

    /** All that have not ended. */
    protected final List<G> generations() {
        List<G> all = new ArrayList<>(leaving);
        if (current != null) {
            all.add(current);
        }
        if (next != null) {
            all.add(next);
        }
        return all;
    }

    /** Whether it has not been stopped. */
    protected final boolean isRunning() {
        return phase == Phase.RUNNING;
    }

    protected final void mistake(Throwable e) {
        log().line(LogLevel.ERROR, "server", Traces.describe(e));
    }

    /** The server ends by itself. */
    protected final void fail(Throwable mistake, String what) {
        if (failure == null) {
            failure = mistake;
        }
        log().line(LogLevel.ERROR, "server", what + Traces.describe(mistake));
        ready.completeExceptionally(mistake);
    }

    @Override
    public final @Nullable Throwable failure() {
        return failure;
    }

    /** Runs a task when the supervisor's thread and then each other thread has responded. */
    @Override
    public final void probe(Runnable answered) {
        execute(
                () -> {
                    Runnable task = answered;
                    for (G generation : generations()) {
                        Runnable rest = task;
                        task = () -> generation.probe(rest);
                    }
                    task.run();
                });
    }

    private void execute(Runnable task) {
        Context known = context;
        if (known != null) {
            known.loop().execute(task);
        }
    }

    // ---- changes

    /** A generation is ready to serve. */
    protected final void serves(G generation) {
        if (generation.equals(next)) {
            replace(generation);
        } else if (!ready.isDone()) {
            hand(null, generation, () -> {});
            ready.complete(null);
            reloadIfWanted();
        }
    }

    /** A generation has failed to start; the reason is for the user. */
    protected final void failed(G generation, StartException reason) {
        if (generation.equals(next)) {
            next = null;
            leaving.add(generation);
            generation.drain();
            generation.cut();
            keepsOld(reason);
            reloadIfWanted();
        } else {
            ready.completeExceptionally(reason);
            if (phase == Phase.RUNNING) {
                end();
                generation.cut();
            }
        }
    }

    /** A thread or a process of a generation has ended. */
    protected final void partEnded() {
        try {
            leaving.removeIf(Generation::isOver);
            reloadIfWanted();
        } finally {
            sweepWhenAlone();
        }
    }

    @Override
    public final boolean reload(ServerOptions server, int newSize, Consumer<Boolean> done) {
        execute(
                () -> {
                    wanted = new Wanted(server, newSize, done);
                    reloadIfWanted();
                });
        return true;
    }

    private void reloadIfWanted() {
        leaving.removeIf(Generation::isOver);
        Wanted now = wanted;
        boolean busy = !ready.isDone() || next != null || leaving.size() >= MOST_LEAVING;
        if (now == null || busy || phase != Phase.RUNNING) {
            return;
        }
        wanted = null;
        nextServes = now.done();
        ServerOptions server = now.server().withAddresses(current().server().addresses());
        try {
            LogFiles files =
                    LogFiles.openAgain(server.log(), current().server().log(), current().files());
            try {
                next = make(server, now.size(), files);
            } catch (Throwable e) {
                files.close();
                throw StartException.of(e);
            }
        } catch (StartException e) {
            keepsOld(e);
            return;
        }
        next.start();
    }

    private void replace(G fresh) {
        G old = current();
        current = fresh;
        next = null;
        leaving.add(old);
        Objects.requireNonNull(logs).change(fresh.server().log().withoutAccess(), fresh.files());
        Consumer<Boolean> told = nextServes;
        hand(
                old,
                fresh,
                () -> {
                    log().line(LogLevel.INFO, "reload", "done; old " + parts + " are draining");
                    tell(told, true);
                    partEnded();
                });
    }

    private void keepsOld(StartException reason) {
        log().line(
                        LogLevel.ERROR,
                        "reload",
                        reason.getMessage() + "; the configuration stays as it was");
        tell(nextServes, false);
    }

    private void tell(Consumer<Boolean> told, boolean done) {
        try {
            told.accept(done);
        } catch (Throwable mistake) {
            log().line(LogLevel.ERROR, "reload", Traces.describe(mistake));
        }
    }

    @Override
    public final void reopenLogs() {
        execute(this::reopenLogFiles);
    }

    private void reopenLogFiles() {
        try {
            if (next != null) {
                boolean _ = next.reopen(LogFiles.open(next.server().log()));
            }
            LogFiles files = LogFiles.open(current().server().log());
            boolean all = current().reopen(files);
            all &= Objects.requireNonNull(logs).reopen(files);
            for (G old : leaving) {
                if (old.isRunning() && old.server().log().equals(current().server().log())) {
                    all &= old.logTo(files);
                }
            }
            if (all) {
                log().line(LogLevel.INFO, "server", "reopened log files");
            }
        } catch (StartException e) {
            log().line(
                            LogLevel.ERROR,
                            "server",
                            e.getMessage() + "; lines still go to the old file");
        }
    }

    // ---- the end

    /** A second call ends running exchanges at once. */
    @Override
    public final void stop() {
        execute(this::advance);
    }

    private void advance() {
        switch (phase) {
            case RUNNING -> drain();
            case DRAINING -> generations().forEach(Generation::cut);
            case SWEEPING -> AdoptedChildren.kill();
        }
    }

    /** Takes no more clients, and ends when the last one is answered. */
    protected final void drain() {
        int clients = generations().stream().mapToInt(Generation::clients).sum();
        String message =
                "shutting down: draining %d connection%s (%s grace)"
                        .formatted(clients, clients == 1 ? "" : "s", grace());
        log().line(LogLevel.INFO, "server", message);
        end();
    }

    /** {@code 10 s}, {@code 500 ms}. */
    private String grace() {
        long ms = current().server().deadlines().graceNs() / 1_000_000;
        return ms % 1_000 == 0 ? ms / 1_000 + " s" : ms + " ms";
    }

    private void end() {
        phase = Phase.DRAINING;
        stopAccepting(); // first: its clients are served before the generations drain
        generations().forEach(Generation::drain);
        sweepWhenAlone();
    }

    private void sweepWhenAlone() {
        if (phase != Phase.DRAINING || generations().stream().anyMatch(Generation::isRunning)) {
            return;
        }
        phase = Phase.SWEEPING;
        if (setup.ownsProcess() && !portable) {
            context().adopted().end(this::reap, loop()::stop);
        } else {
            loop().stop();
        }
    }

    @Override
    public final void awaitEnd() throws InterruptedException {
        ended.await();
    }
}

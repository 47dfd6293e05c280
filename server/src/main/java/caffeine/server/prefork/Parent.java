package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Source;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.OrphanReaper;
import caffeine.server.service.Reserve;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * The parent's loop: keeps the workers alive, passes clients to them, and adopts the scripts of
 * those that died. It never reads what a client sends.
 *
 * <pre>
 *   RUNNING ──stop──▶ DRAINING ──workers gone──▶ SWEEPING ──children gone──▶ end
 *                        │ grace over, or a second stop: KILL
 * </pre>
 *
 * <p>A reload starts a second {@link Generation} of workers beside the one that serves. Once all of
 * them are ready they get the new clients, and those before them end what they have begun. When
 * they do not get ready, they go, and nothing has changed.
 */
final class Parent implements Generation.Owner {

    private enum Phase {
        RUNNING,
        DRAINING,
        SWEEPING
    }

    private record Wanted(PreforkOptions options, Consumer<Boolean> done) {}

    private static final long SECOND_NS = 1_000_000_000L;

    /** Generations that may be leaving at one time; another reload waits. */
    private static final int MOST_LEAVING = 4;

    private final EventLoop loop;
    private final Logs logs;
    private final Log log;
    private final ControlSource controlSource;
    private final WorkerLauncher launcher;
    private final WorkerMessages messages;
    private final ClientPasser clients;
    private final OrphanReaper leftovers;
    private final Orphans orphans;
    private final Generation.Shared shared;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    /** Who gets the clients. */
    private Generation current;

    /** Who will, once all of them are ready. */
    private @Nullable Generation next;

    /** Who ends what was begun before. */
    private final List<Generation> leaving = new ArrayList<>();

    /** What to reload when that can be done. */
    private @Nullable Wanted wanted;

    /** What to do once {@link #next} serves. */
    private Consumer<Boolean> nextServes = _ -> {};

    private Phase phase = Phase.RUNNING;

    /** Why the server ends though it was not told to. */
    private volatile @Nullable Throwable failure;

    /**
     * @param files what the options' logs name; the first generation takes ownership
     * @param opened takes what is to be closed at the end
     */
    Parent(
            PreforkOptions options,
            List<Listener> listeners,
            ControlSocket control,
            LogFiles files,
            OpenResources opened)
            throws StartException {
        this.logs = opened.add(Logs.open("parent", options.server().log(), files));
        this.log = logs.log();
        this.loop = opened.add(new EventLoop(EpollPoller.open(), Clock.SYSTEM, this::mistake));
        this.launcher = opened.add(new WorkerLauncher(options.javaCommand(), control.path()));
        this.messages = opened.add(new WorkerMessages());
        AddressCounts addresses = new AddressCounts();
        Reserve reserve = opened.add(new Reserve());
        this.clients =
                new ClientPasser(
                        loop, log, listeners, messages, this::readiest, reserve, addresses);
        this.controlSource = new ControlSource(control.fd());
        this.orphans = new Orphans(loop, pid -> generationOf(pid) != null);
        this.leftovers = new OrphanReaper(loop, () -> reap(loop.nowNs()), loop::stop);
        this.shared =
                new Generation.Shared(
                        loop,
                        log,
                        launcher,
                        messages,
                        orphans,
                        addresses,
                        listeners.stream().map(Listener::address).toList(),
                        this);
        this.current = new Generation(shared, options, files);
        opened.add(current::close);
        clients.limit(options.server());
    }

    /** Waits until a worker is ready. */
    void awaitReady() throws StartException {
        try {
            ready.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StartException reason
                    ? reason
                    : new StartException("the server's parent failed: " + e.getCause());
        }
    }

    void run() {
        try {
            Processes.setChildSubreaper(true);
            loop.poller().add(controlSource, Source.READ);
            loop.timers().schedule(new Tick(), loop.nowNs() + SECOND_NS);
            current.startServingEarly();
            loop.run();
        } catch (Throwable e) {
            failure = e;
            log.line(LogLevel.ERROR, "server", "failed: " + Traces.describe(e));
            ready.completeExceptionally(new StartException("the server's parent failed: " + e));
            generations().forEach(Generation::kill);
        } finally {
            clients.close();
            generations().forEach(Generation::close);
        }
    }

    private void mistake(Throwable e) {
        log.line(LogLevel.ERROR, "server", Traces.describe(e));
    }

    /** Why the server ended though it was not told to; null while it runs, and after a stop. */
    @Nullable Throwable failure() {
        return failure;
    }

    // ---- workers

    private List<Generation> generations() {
        List<Generation> all = new ArrayList<>(leaving);
        all.add(current);
        if (next != null) {
            all.add(next);
        }
        return all;
    }

    private @Nullable Generation generationOf(int pid) {
        for (Generation generation : generations()) {
            if (generation.workerOf(pid) != null) {
                return generation;
            }
        }
        return null;
    }

    private @Nullable WorkerProcess readiest(@Nullable WorkerProcess except) {
        return current.readiest(except);
    }

    @Override
    public void ready(Generation generation) {
        if (generation == next) {
            replace(generation);
        } else if (!ready.isDone()) {
            clients.start();
            ready.complete(null);
            reloadIfWanted();
        }
    }

    @Override
    public void failed(Generation generation, String reason) {
        if (generation != next) {
            ready.completeExceptionally(new StartException(reason));
            return;
        }
        next = null;
        leaving.add(generation);
        generation.drain();
        generation.kill();
        keepsOld(reason);
        reloadIfWanted();
    }

    @Override
    public void creditsCame() {
        clients.resume();
    }

    @Override
    public void workerGone(Generation generation, List<WaitingClient> unread) {
        unread.forEach(clients::takeBack);
        clients.resume();
        if (phase == Phase.RUNNING) {
            forgetTheGone();
            reloadIfWanted();
        }
        sweepWhenAlone();
    }

    /** The workers of a generation that left are gone; scripts of theirs may still run. */
    private void forgetTheGone() {
        leaving.removeIf(Generation::isClosed);
    }

    private final class ControlSource extends Source {
        ControlSource(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            int fd = Sockets.accept4(descriptor(), 0, null);
            if (fd < 0) {
                if (fd != -Errno.EAGAIN && fd != -Errno.EINTR) {
                    backOff(-fd);
                }
                return;
            }
            Sockets.Credentials peer = Sockets.peerCredentials(fd);
            int pid = peer == null ? 0 : peer.pid();
            Generation generation = generationOf(pid);
            WorkerProcess worker = generation == null ? null : generation.workerOf(pid);
            if (generation == null || worker == null || worker.isConnected()) {
                log.line(
                        LogLevel.WARN, "control", "refused pid " + pid + ", which is not a worker");
                Descriptors.close(fd);
                return;
            }
            generation.greet(worker, fd);
        }

        /** What waits stays ready: to watch on would be to spin. */
        private void backOff(int errno) {
            log.line(
                    LogLevel.WARN,
                    "control",
                    "cannot accept a worker for now: " + Errno.describe(errno));
            loop.poller().modify(this, 0);
            loop.timers()
                    .schedule(
                            new Timer() {
                                @Override
                                protected void expired(long nowNs) {
                                    loop.poller().modify(ControlSource.this, Source.READ);
                                }
                            },
                            loop.nowNs() + SECOND_NS);
        }
    }

    /** Once a second: pings, and the reaping of children that nobody waits for. */
    private final class Tick extends Timer {
        @Override
        protected void expired(long nowNs) {
            loop.timers().schedule(this, nowNs + SECOND_NS); // whatever happens here
            for (Generation generation : generations()) {
                generation.forEach(generation::ping);
            }
            reap(nowNs);
            forgetTheGone();
            reloadIfWanted();
            clients.resume();
        }
    }

    private void reap(long nowNs) {
        while (true) {
            long exit = Processes.reapAny();
            if (exit <= 0) {
                return;
            }
            int pid = ExitStatus.of(exit).pid();
            Generation generation = generationOf(pid);
            WorkerProcess worker = generation == null ? null : generation.workerOf(pid);
            if (generation != null && worker != null) {
                generation.exited(worker, exit, nowNs);
            } else {
                orphans.reaped(pid);
            }
        }
    }

    // ---- changes

    /** From any thread: new workers with these options; where it listens stays as it is. */
    void reload(PreforkOptions options, Consumer<Boolean> done) {
        loop.execute(
                () -> {
                    wanted = new Wanted(options, done);
                    reloadIfWanted();
                });
    }

    private void reloadIfWanted() {
        Wanted now = wanted;
        boolean busy = !ready.isDone() || next != null || leaving.size() >= MOST_LEAVING;
        if (now == null || busy || phase != Phase.RUNNING) {
            return;
        }
        wanted = null;
        nextServes = now.done();
        try {
            Generation made = generation(now.options());
            next = made;
            made.start();
        } catch (StartException e) {
            keepsOld(String.valueOf(e.getMessage()));
        }
    }

    private Generation generation(PreforkOptions options) throws StartException {
        LogFiles files =
                LogFiles.openAgain(
                        options.server().log(), current.options().server().log(), current.files());
        try {
            return new Generation(shared, options, files);
        } catch (ErrnoException e) {
            files.close();
            throw new StartException(String.valueOf(e.getMessage()));
        }
    }

    private void keepsOld(String reason) {
        log.line(LogLevel.ERROR, "reload", reason + "; the configuration stays as it was");
        tellOfReload(false);
    }

    private void tellOfReload(boolean done) {
        try {
            nextServes.accept(done);
        } catch (Throwable mistake) {
            mistake(mistake);
        }
    }

    private void replace(Generation generation) {
        Generation old = current;
        current = generation;
        next = null;
        LogOptions logging = generation.options().server().log();
        logs.change(logging, generation.files());
        clients.limit(generation.options().server());
        clients.resume();
        leaving.add(old);
        old.retire();
        forgetTheGone();
        log.line(LogLevel.INFO, "reload", "done; old workers are draining");
        tellOfReload(true);
        reloadIfWanted();
    }

    /** From any thread: opens the log files anew, for this process and all workers. */
    void reopenLogs() {
        loop.execute(this::reopenLogFiles);
    }

    private void reopenLogFiles() {
        LogOptions logging = current.options().server().log();
        try {
            if (next != null) {
                next.reopen(LogFiles.open(next.options().server().log()));
            }
            current.reopen(LogFiles.open(logging));
        } catch (StartException e) {
            log.line(LogLevel.ERROR, "server", e.getMessage() + "; lines still go to the old file");
            return;
        }
        boolean all = logs.reopen(current.files());
        for (Generation old : leaving) {
            if (old.options().server().log().equals(logging)) {
                old.passLogs(current.files());
            }
        }
        if (all) {
            log.line(LogLevel.INFO, "server", "reopened log files");
        }
    }

    // ---- the end

    /** From any thread; the second call ends what runs at once. */
    void stop() {
        loop.execute(this::advance);
    }

    /** Runs a task on this loop. */
    void probe(Runnable answered) {
        loop.execute(answered);
    }

    private void advance() {
        switch (phase) {
            case RUNNING -> drain();
            case DRAINING -> generations().forEach(Generation::kill);
            case SWEEPING -> leftovers.kill();
        }
    }

    private void drain() {
        phase = Phase.DRAINING;
        log.line(LogLevel.INFO, "server", "stopping; requests in progress may end");
        clients.stop();
        generations().forEach(Generation::drain);
        sweepWhenAlone();
    }

    private void sweepWhenAlone() {
        for (Generation generation : generations()) {
            if (generation.hasWorkers()) {
                return;
            }
        }
        if (phase == Phase.DRAINING) {
            phase = Phase.SWEEPING;
            leftovers.end();
        }
    }
}

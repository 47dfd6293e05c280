package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.os.linux.PidFd;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Traces;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.prefork.OptionsCodec.WorkerOptions;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Generation;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.slots.SharedSlots;
import caffeine.server.slots.SlotCount;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The workers of a start or of a reload, with the same options: dead ones are replaced until the
 * generation drains.
 *
 * <pre>
 *   STARTING ──they are ready──▶ SERVING ──leave──▶ LEAVING ──the last is gone──▶ closed
 *       └──── three deaths, or leave ────────────▲
 * </pre>
 */
final class WorkerGeneration extends Generation implements WorkerProcess.Owner {

    /** The events of workers for the parent. */
    interface Owner {
        /** As many workers as are needed are ready, for the first time. */
        void ready(WorkerGeneration generation);

        /** Its workers have failed to start; the reason is for the user. */
        void failed(WorkerGeneration generation, String reason);

        void creditsCame();

        /** How many accepted clients wait for a worker of a generation. */
        int waiting(WorkerGeneration generation);

        /** The grace is over: resets them. */
        void dropWaiting();

        /** A worker had not read these clients when it ended. */
        void takeBack(List<WaitingClient> unread);

        void workerGone();
    }

    /** Shared by all generations of a parent. */
    record Shared(
            EventLoop loop,
            Log log,
            WorkerLauncher launcher,
            WorkerMessages messages,
            Orphans orphans,
            AddressCounts addresses,
            Owner owner) {}

    private enum State {
        STARTING,
        SERVING,
        LEAVING,
        CLOSED
    }

    private static final long SECOND_NS = 1_000_000_000L;

    /** How long after the grace a worker may still be ending its scripts: TERM, 5 s, KILL. */
    private static final long KILL_SLACK_NS = 7 * SECOND_NS;

    /** Deaths before enough were ready after which the start has failed. */
    private static final int START_FAILURES = 3;

    /**
     * Pings without an answer after which a worker gets no new clients, and after which it dies.
     */
    private static final int SILENT_PINGS = 5;

    private static final int DEAD_PINGS = 15;

    /**
     * The number of workers that start at the same time when one is enough to serve: more would
     * compete with each other and with the first clients, and all would answer later.
     */
    private static final int STARTING_WORKERS =
            Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

    private final Shared shared;
    private final Log log;

    /** Workers without a client that are kept; 0: workers serve many clients, and all are kept. */
    private final int spares;

    /** A spare has failed: the next one is started later. */
    private boolean backsOff;

    private final SharedSlots slots;
    private final HandlerSlots keptSlots;
    private final @Nullable WorkerProcess[] workers;
    private final int[] failures;
    private State state = State.STARTING;
    private int startFailures;
    private int spawned;

    /** Workers that must be ready before it serves. */
    private final int needed;

    /** Slots of dead workers' scripts that are still running. */
    private int kept;

    /**
     * @param count the most workers
     * @param spares workers without a client that are kept, which then serve one client each; 0:
     *     each serves many, and all are kept
     * @param needed workers that must be ready before it serves: one or all
     * @param files what its options name; takes ownership
     * @throws caffeine.os.ErrnoException when there are no descriptors for it
     */
    WorkerGeneration(
            Shared shared,
            ServerOptions server,
            int count,
            int spares,
            int needed,
            LogFiles files) {
        super(server, files);
        this.shared = shared;
        this.log = shared.log();
        this.workers = new WorkerProcess[count];
        this.failures = new int[count];
        this.spares = spares;
        this.needed = needed;
        this.slots = SharedSlots.create(count, SlotCount.of(server));
        this.keptSlots = slots.parentView();
    }

    /** If one is enough, each worker that is ready or fails lets another one start. */
    @Override
    protected void start() {
        if (spares > 0) {
            keepSpares();
            return;
        }
        spawnTo(needed < workers.length ? STARTING_WORKERS : workers.length);
    }

    /** Starts up to this many that have not been started yet. */
    private void spawnTo(int count) {
        while (spawned < Math.min(count, workers.length)) {
            spawn(spawned++);
        }
    }

    private void spawnOneMore() {
        if (spares > 0) {
            keepSpares();
        } else if (state == State.SERVING) {
            spawnTo(spawned + 1);
        }
    }

    /**
     * Starts another worker for each client that was passed, up to the limit. At the end of the
     * server, only for clients that wait.
     */
    private void keepSpares() {
        int wanted =
                switch (state) {
                    case STARTING, SERVING -> spares;
                    case LEAVING -> Math.min(spares, shared.owner().waiting(this));
                    case CLOSED -> 0;
                };
        for (int index = 0; index < workers.length && !backsOff && unused() < wanted; index++) {
            if (workers[index] == null) {
                spawn(index);
            }
        }
    }

    /** Workers that have had no client. */
    private int unused() {
        int unused = 0;
        for (WorkerProcess worker : workers) {
            unused += worker != null && !worker.isDraining() && worker.clients() == 0 ? 1 : 0;
        }
        return unused;
    }

    private boolean isFull() {
        return unused() == 0 && Arrays.stream(workers).allMatch(Objects::nonNull);
    }

    @Override
    public void clientsPassed(WorkerProcess worker) {
        if (spares > 0) {
            keepSpares();
        }
        if (state == State.LEAVING) {
            after(0, () -> drainAll(shared.messages()::drain)); // others may be passed right now
        }
    }

    @Override
    protected boolean isRunning() {
        if (state == State.LEAVING && shared.owner().waiting(this) > 0) {
            return true;
        }
        for (WorkerProcess worker : workers) {
            if (worker != null) {
                return true;
            }
        }
        return false;
    }

    void forEach(Consumer<WorkerProcess> action) {
        for (WorkerProcess worker : workers) {
            if (worker != null) {
                action.accept(worker);
            }
        }
    }

    @Nullable WorkerProcess workerOf(int pid) {
        for (WorkerProcess worker : workers) {
            if (worker != null && worker.pid == pid) {
                return worker;
            }
        }
        return null;
    }

    /** The worker with the most credits; if none has any, all will report new ones. */
    @Nullable WorkerProcess readiest(@Nullable WorkerProcess except) {
        WorkerProcess best = withMostCredits(except);
        if (best != null) {
            return best;
        }
        if (spares == 0) {
            forEach(worker -> worker.returnedCredits().await());
        } else if (isFull()) {
            forEach(shared.messages()::shortage);
        }
        return withMostCredits(except); // one may have come meanwhile
    }

    private @Nullable WorkerProcess withMostCredits(@Nullable WorkerProcess except) {
        WorkerProcess best = null;
        for (WorkerProcess worker : workers) {
            if (worker != null
                    && worker != except
                    && worker.credits() > 0
                    && worker.unansweredPings() < SILENT_PINGS
                    && (best == null || worker.credits() > best.credits())) {
                best = worker;
            }
        }
        return best;
    }

    // ---- starting

    private void spawn(int index) {
        int pid = shared.launcher().launch();
        int pidFd = pid > 0 ? PidFd.open(pid) : -1;
        if (pidFd < 0) {
            int errno = -(pid > 0 ? pidFd : pid);
            if (pid > 0) {
                Processes.kill(pid, Processes.SIGKILL);
            }
            failedToStart(index, "cannot start a worker process: " + Errno.describe(errno));
            return;
        }
        EventLoop loop = shared.loop();
        try {
            workers[index] =
                    new WorkerProcess(
                            index,
                            pid,
                            pidFd,
                            loop.nowNs(),
                            this,
                            shared.addresses(),
                            loop.poller());
        } catch (ErrnoException e) {
            Descriptors.close(pidFd);
            Processes.kill(pid, Processes.SIGKILL);
            failedToStart(index, "cannot start a worker process: " + e.getMessage());
            return;
        }
        log.line(LogLevel.DEBUG, name(index), "started as pid " + pid);
    }

    private void failedToStart(int index, String reason) {
        if (state == State.LEAVING && shared.owner().waiting(this) == 0) {
            return;
        }
        startFailures++;
        if (state == State.STARTING && startFailures >= START_FAILURES) {
            shared.owner().failed(this, reason);
            return;
        }
        log.line(LogLevel.ERROR, name(index), reason);
        respawn(index, false);
        spawnOneMore();
    }

    /** Starts another one: at once if the last one was ready, else after a growing delay. */
    private void respawn(int index, boolean lived) {
        if (spares > 0) {
            respawnSpares(lived);
            return;
        }
        after(
                delayNs(index, lived),
                () -> {
                    if (state != State.LEAVING && state != State.CLOSED && workers[index] == null) {
                        spawn(index);
                    }
                });
    }

    private long delayNs(int index, boolean lived) {
        failures[index] = lived ? 0 : Math.min(failures[index] + 1, 10);
        return lived ? 0 : Math.min(2 * SECOND_NS, (SECOND_NS / 40) << failures[index]);
    }

    /** The places of spares are all alike: one that fails makes all wait. */
    private void respawnSpares(boolean lived) {
        backsOff = true;
        after(
                delayNs(0, lived),
                () -> {
                    backsOff = false;
                    keepSpares();
                });
    }

    /** A worker has connected: sends it everything that it needs. */
    void greet(WorkerProcess worker, int fd) {
        worker.connected(fd);
        int connections = server().limits().connections();
        int share = connections / workers.length;
        int room = share + (worker.index < connections % workers.length ? 1 : 0);
        WorkerOptions told =
                new WorkerOptions(server(), worker.index, room, workers.length, spares > 0);
        int result = shared.messages().greet(worker, told, files(), slots.descriptors());
        if (result < 0) {
            log.line(
                    LogLevel.ERROR,
                    name(worker.index),
                    "cannot be sent its options: " + Errno.describe(-result));
            Processes.kill(worker.pid, Processes.SIGKILL);
        } else if (worker.isDraining()) {
            shared.messages().drain(worker);
        }
    }

    @Override
    public void workerReady(WorkerProcess worker) {
        log.line(LogLevel.DEBUG, name(worker.index), "ready");
        if (state == State.STARTING) {
            serveIfEnough();
        }
        spawnOneMore();
    }

    private void serveIfEnough() {
        int ready = 0;
        for (WorkerProcess each : workers) {
            ready += each != null && each.isReady() ? 1 : 0;
        }
        if (ready >= needed) {
            state = State.SERVING;
            shared.owner().ready(this);
        }
    }

    // ---- living

    @Override
    public void creditsCame(WorkerProcess worker) {
        shared.owner().creditsCame();
    }

    /** Switches the log files of the workers; logs failures. */
    @Override
    protected boolean logTo(LogFiles fresh) {
        forEach(
                worker -> {
                    int result = worker.isConnected() ? shared.messages().logs(worker, fresh) : 0;
                    if (result < 0) {
                        log.line(
                                LogLevel.WARN,
                                name(worker.index),
                                "still uses the old log files: " + Errno.describe(-result));
                    }
                });
        return true;
    }

    void ping(WorkerProcess worker) {
        // Counted in pings, not in time: after a sleep of the machine, the workers must not count
        // as dead.
        if (worker.unansweredPings() >= DEAD_PINGS && !worker.isKilled()) {
            log.line(
                    LogLevel.WARN,
                    name(worker.index),
                    "pid " + worker.pid + " has not answered for " + DEAD_PINGS + " s; killing it");
            worker.markKilled();
            Processes.kill(worker.pid, Processes.SIGKILL);
        } else {
            shared.messages().ping(worker);
        }
    }

    /** Its exit, which follows, starts another. */
    @Override
    public void workerBroken(WorkerProcess worker, Throwable mistake) {
        log.line(
                LogLevel.ERROR,
                name(worker.index),
                "pid " + worker.pid + " is ended: " + Traces.describe(mistake));
        worker.markKilled();
        Processes.kill(worker.pid, Processes.SIGKILL);
    }

    @Override
    public void workerExited(WorkerProcess worker, long nowNs) {
        exited(worker, Processes.waitPid(worker.pid, false), nowNs);
    }

    /**
     * A worker was reaped.
     *
     * @param exit what {@link Processes#waitPid} returned
     */
    void exited(WorkerProcess worker, long exit, long nowNs) {
        if (exit == 0 || workers[worker.index] != worker) {
            return;
        }
        String how = exit > 0 ? ExitStatus.of(exit).toString() : "status unknown";
        boolean hadClient = spares > 0 && worker.clients() > 0;
        boolean served = hadClient && exit > 0 && ExitStatus.of(exit).isSuccess();
        workers[worker.index] = null;
        List<WaitingClient> unread = served ? List.of() : worker.unreadClients();
        worker.close();
        if (served) {
            keptSlots.ended(worker.index);
        } else {
            long handlerNs = server().longestHandlerNs();
            int scripts = shared.orphans().adoptScripts(handlerNs, this::orphanEnded);
            kept += keptSlots.forget(worker.index, scripts);
        }
        if (state == State.LEAVING || served) {
            log.line(LogLevel.DEBUG, name(worker.index), "ended: " + how);
        } else {
            replace(worker, how, hadClient || nowNs - worker.startNs > 10 * SECOND_NS);
        }
        shared.owner().takeBack(unread);
        if (spares > 0) {
            keepSpares();
        }
        closeWhenDone();
        shared.owner().workerGone();
    }

    private void replace(WorkerProcess worker, String how, boolean lived) {
        String what = "pid " + worker.pid + " ended unexpectedly (" + how + ")";
        if (worker.isReady()) {
            log.line(LogLevel.WARN, name(worker.index), what + "; starting another");
            respawn(worker.index, lived);
        } else {
            failedToStart(worker.index, what + " before it was ready; its messages are above");
        }
    }

    private void orphanEnded() {
        if (kept > 0) {
            kept--;
            keptSlots.release();
            closeWhenDone();
        }
    }

    // ---- leaving

    /** No more clients: the workers end with their last request, or when the grace is over. */
    @Override
    protected void drain() {
        drain(worker -> shared.messages().drain(worker));
    }

    /** As {@link #drain}, but connected clients may send one more request. */
    void retire() {
        drain(worker -> shared.messages().retire(worker));
    }

    private void drain(Consumer<WorkerProcess> message) {
        boolean first = state != State.LEAVING;
        if (state == State.CLOSED) {
            return;
        }
        state = State.LEAVING;
        drainAll(message);
        if (first) {
            long graceNs = server().deadlines().graceNs();
            after(graceNs, this::dropWaiting);
            after(graceNs + KILL_SLACK_NS, this::cut);
        }
        closeWhenDone();
    }

    /** All but those that a client waits for. */
    private void drainAll(Consumer<WorkerProcess> message) {
        boolean waited = shared.owner().waiting(this) > 0;
        forEach(
                worker -> {
                    if (!waited || worker.clients() > 0) {
                        worker.drain();
                        message.accept(worker);
                    }
                });
        if (waited) {
            keepSpares();
        }
    }

    private void dropWaiting() {
        if (state == State.LEAVING && shared.owner().waiting(this) > 0) {
            shared.owner().dropWaiting();
            drainAll(shared.messages()::drain);
        }
    }

    @Override
    protected int clients() {
        int clients = 0;
        for (WorkerProcess worker : workers) {
            clients += worker == null ? 0 : worker.clients();
        }
        return clients;
    }

    @Override
    protected void cut() {
        dropWaiting();
        forEach(worker -> Processes.kill(worker.pid, Processes.SIGKILL));
    }

    private void closeWhenDone() {
        if (state == State.LEAVING && kept == 0 && !isRunning()) {
            close();
        }
    }

    @Override
    protected boolean isOver() {
        return state == State.CLOSED;
    }

    @Override
    public void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            kept = 0;
            slots.close();
            super.close();
        }
    }

    private void after(long delayNs, Runnable action) {
        EventLoop loop = shared.loop();
        loop.timers().schedule(Timer.of(action), loop.nowNs() + delayNs);
    }

    private String name(int index) {
        return (spares == 0 ? "worker " : "child ") + (index + 1);
    }
}

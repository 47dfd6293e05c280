package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.os.linux.PidFd;
import caffeine.server.LogLevel;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Source;
import caffeine.server.script.HandlerSlots;
import caffeine.server.script.SharedSlots;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Leftovers;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The parent's loop: keeps the workers alive, passes clients to them, and adopts the scripts of
 * those that died. It never reads what a client sends.
 *
 * <pre>
 *   RUNNING ──stop──▶ DRAINING ──workers gone──▶ SWEEPING ──children gone──▶ end
 *                        │ grace over, or a second stop: KILL
 * </pre>
 */
final class Parent implements WorkerProcess.Owner {

    private enum Phase {
        RUNNING,
        DRAINING,
        SWEEPING
    }

    private static final long SECOND_NS = 1_000_000_000L;

    /** How long after the grace a worker may still be ending its scripts: TERM, 5 s, KILL. */
    private static final long KILL_SLACK_NS = 7 * SECOND_NS;

    /** Deaths before the first worker was ready after which the start has failed. */
    private static final int START_FAILURES = 3;

    /**
     * Pings without an answer after which a worker gets no new clients, and after which it dies.
     */
    private static final int SILENT_PINGS = 5;

    private static final int DEAD_PINGS = 15;

    private final PreforkOptions options;
    private final EventLoop loop;
    private final Log log;
    private final ControlSocket control;
    private final ControlSource controlSource;
    private final WorkerLauncher launcher;
    private final SharedSlots slots;
    private final HandlerSlots keptSlots;
    private final WorkerMessages messages;
    private final ClientPasser clients;
    private final Orphans orphans;
    private final Leftovers leftovers;
    private final AddressCounts addresses = new AddressCounts();
    private final @Nullable WorkerProcess[] workers;
    private final int[] failures;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private Phase phase = Phase.RUNNING;
    private int startFailures;

    /** Slots of dead workers' scripts that are still running. */
    private int kept;

    Parent(PreforkOptions options, Listener listener, ControlSocket control) {
        this.options = options;
        this.control = control;
        this.loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
        this.log = Log.toStandardError(options.server().logLevel());
        this.launcher = new WorkerLauncher(options.javaCommand(), control.path());
        this.workers = new WorkerProcess[options.workers()];
        this.failures = new int[options.workers()];
        this.slots =
                SharedSlots.create(
                        options.workers(),
                        options.server().limits().handlers(),
                        options.server().limits().queue());
        this.keptSlots = slots.parentView();
        this.messages = new WorkerMessages(options, listener.address(), slots);
        this.clients =
                new ClientPasser(
                        loop,
                        log,
                        listener,
                        messages,
                        this::readiest,
                        addresses,
                        options.server().limits().connectionsPerAddress());
        this.controlSource = new ControlSource(control.fd());
        this.orphans =
                new Orphans(
                        loop,
                        options.server().deadlines().handlerNs(),
                        this::isWorker,
                        this::orphanEnded);
        this.leftovers = new Leftovers(loop, () -> reap(loop.nowNs()), loop::stop);
    }

    /** Waits until every worker is ready. */
    void awaitReady() throws StartException {
        try {
            ready.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StartException reason
                    ? reason
                    : new StartException("the server's parent failed: " + e.getCause());
        }
    }

    /** From any thread; the second call ends what runs at once. */
    void stop() {
        loop.execute(this::advance);
    }

    void run() {
        try {
            Processes.setChildSubreaper(true);
            loop.poller().add(controlSource, Source.READ);
            loop.timers().schedule(new Tick(), loop.nowNs() + SECOND_NS);
            for (int i = 0; i < workers.length; i++) {
                spawn(i);
            }
            loop.run();
        } catch (RuntimeException e) {
            log.line(LogLevel.ERROR, "parent", "failed: " + e);
            ready.completeExceptionally(new StartException("the server's parent failed: " + e));
            killWorkers();
        } finally {
            clients.close();
            control.close();
            launcher.close();
            slots.close();
            messages.close();
            loop.close();
        }
    }

    // ---- workers

    private boolean isWorker(int pid) {
        return workerOf(pid) != null;
    }

    private @Nullable WorkerProcess workerOf(int pid) {
        for (WorkerProcess worker : workers) {
            if (worker != null && worker.pid == pid) {
                return worker;
            }
        }
        return null;
    }

    private void spawn(int index) {
        int pid = launcher.launch();
        int pidFd = pid > 0 ? PidFd.open(pid) : -1;
        if (pidFd < 0) {
            int errno = -(pid > 0 ? pidFd : pid);
            if (pid > 0) {
                Processes.kill(pid, Processes.SIGKILL);
            }
            failedToStart(index, "cannot start a worker process: " + Errno.describe(errno));
            return;
        }
        workers[index] =
                new WorkerProcess(index, pid, pidFd, loop.nowNs(), this, addresses, loop.poller());
        log.line(LogLevel.DEBUG, name(index), "started as pid " + pid);
    }

    private void failedToStart(int index, String reason) {
        startFailures++;
        if (!ready.isDone() && startFailures >= START_FAILURES) {
            ready.completeExceptionally(new StartException(reason));
            return;
        }
        log.line(LogLevel.ERROR, name(index), reason);
        respawn(index, false);
    }

    /** Starts another one: at once when the last one had lived, else ever later. */
    private void respawn(int index, boolean lived) {
        failures[index] = lived ? 0 : Math.min(failures[index] + 1, 10);
        long delayNs = lived ? 0 : Math.min(2 * SECOND_NS, (SECOND_NS / 40) << failures[index]);
        loop.timers()
                .schedule(
                        new Timer() {
                            @Override
                            protected void expired(long nowNs) {
                                if (phase == Phase.RUNNING && workers[index] == null) {
                                    spawn(index);
                                }
                            }
                        },
                        loop.nowNs() + delayNs);
    }

    @Override
    public void workerReady(WorkerProcess worker) {
        log.line(LogLevel.DEBUG, name(worker.index), "ready");
        if (ready.isDone()) {
            return;
        }
        for (WorkerProcess each : workers) {
            if (each == null || !each.isReady()) {
                return;
            }
        }
        clients.start();
        ready.complete(null);
    }

    @Override
    public void creditsCame(WorkerProcess worker) {
        clients.resume();
    }

    @Override
    public void workerExited(WorkerProcess worker, long nowNs) {
        exited(worker, Processes.waitPid(worker.pid, false), nowNs);
    }

    /** Its exit, which follows, brings another. */
    @Override
    public void workerBroken(WorkerProcess worker, RuntimeException mistake) {
        log.line(
                LogLevel.ERROR,
                name(worker.index),
                "pid " + worker.pid + " is ended: " + Traces.describe(mistake));
        worker.markKilled();
        Processes.kill(worker.pid, Processes.SIGKILL);
    }

    private void exited(WorkerProcess worker, long exit, long nowNs) {
        if (exit == 0 || workers[worker.index] != worker) {
            return;
        }
        String how = exit > 0 ? ExitStatus.of(exit).toString() : "status unknown";
        workers[worker.index] = null;
        for (WaitingClient client : worker.unreadClients()) {
            clients.takeBack(client);
        }
        worker.close();
        clients.resume();
        kept += keptSlots.forget(worker.index, orphans.adoptScripts());
        if (phase != Phase.RUNNING) {
            log.line(LogLevel.DEBUG, name(worker.index), "ended: " + how);
            sweepWhenAlone();
            return;
        }
        String what = "pid " + worker.pid + " ended unexpectedly (" + how + ")";
        if (worker.isReady()) {
            log.line(LogLevel.WARN, name(worker.index), what + "; starting another");
            respawn(worker.index, nowNs - worker.startNs > 10 * SECOND_NS);
        } else {
            failedToStart(worker.index, what + " before it was ready; what it said stands above");
        }
    }

    private void orphanEnded() {
        if (kept > 0) {
            kept--;
            keptSlots.release();
        }
    }

    /** The worker with the most room; if none has some, all will tell of it. */
    private @Nullable WorkerProcess readiest(@Nullable WorkerProcess except) {
        WorkerProcess best = withMostCredits(except);
        if (best != null) {
            return best;
        }
        for (WorkerProcess worker : workers) {
            if (worker != null) {
                worker.returnedCredits().await();
            }
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

    private final class ControlSource extends Source {
        ControlSource(int fd) {
            super(fd);
        }

        @Override
        protected void ready(int readiness, long nowNs) {
            int fd = Sockets.accept4(descriptor(), 0, null);
            if (fd < 0) {
                return;
            }
            Sockets.Credentials peer = Sockets.peerCredentials(fd);
            WorkerProcess worker = peer == null ? null : workerOf(peer.pid());
            if (worker == null || worker.isConnected()) {
                log.line(
                        LogLevel.WARN,
                        "control",
                        "refused pid " + (peer == null ? 0 : peer.pid()) + ", which is no worker");
                Descriptors.close(fd);
                return;
            }
            worker.connected(fd);
            int result = messages.greet(worker);
            if (result < 0) {
                log.line(
                        LogLevel.ERROR,
                        name(worker.index),
                        "cannot be told its options: " + Errno.describe(-result));
                Processes.kill(worker.pid, Processes.SIGKILL);
            } else if (phase != Phase.RUNNING) {
                messages.drain(worker);
            }
        }
    }

    /** Once a second: pings, and the reaping of children that nobody waits for. */
    private final class Tick extends Timer {
        @Override
        protected void expired(long nowNs) {
            for (WorkerProcess worker : workers) {
                if (worker != null) {
                    ping(worker);
                }
            }
            reap(nowNs);
            clients.resume();
            loop.timers().schedule(this, nowNs + SECOND_NS);
        }
    }

    private void ping(WorkerProcess worker) {
        // Counted in pings, not in time: a machine that slept must not find all workers dead.
        if (worker.unansweredPings() >= DEAD_PINGS && !worker.isKilled()) {
            log.line(
                    LogLevel.WARN,
                    name(worker.index),
                    "pid " + worker.pid + " has not answered for " + DEAD_PINGS + " s; killing it");
            worker.markKilled();
            Processes.kill(worker.pid, Processes.SIGKILL);
        } else {
            messages.ping(worker);
        }
    }

    private void reap(long nowNs) {
        while (true) {
            long exit = Processes.reapAny();
            if (exit <= 0) {
                return;
            }
            int pid = ExitStatus.of(exit).pid();
            WorkerProcess worker = workerOf(pid);
            if (worker != null) {
                exited(worker, exit, nowNs);
            } else {
                orphans.reaped(pid);
            }
        }
    }

    // ---- the end

    private void advance() {
        switch (phase) {
            case RUNNING -> drain();
            case DRAINING -> killWorkers();
            case SWEEPING -> leftovers.kill();
        }
    }

    private void drain() {
        phase = Phase.DRAINING;
        log.line(LogLevel.INFO, "server", "stopping; requests in progress may end");
        clients.stop();
        for (WorkerProcess worker : workers) {
            if (worker != null) {
                worker.drain();
                messages.drain(worker);
            }
        }
        after(options.server().deadlines().graceNs() + KILL_SLACK_NS, this::killWorkers);
        sweepWhenAlone();
    }

    private void killWorkers() {
        for (WorkerProcess worker : workers) {
            if (worker != null) {
                Processes.kill(worker.pid, Processes.SIGKILL);
            }
        }
    }

    private void sweepWhenAlone() {
        for (WorkerProcess worker : workers) {
            if (worker != null) {
                return;
            }
        }
        if (phase == Phase.DRAINING) {
            phase = Phase.SWEEPING;
            leftovers.end();
        }
    }

    private void after(long delayNs, Runnable action) {
        loop.timers()
                .schedule(
                        new Timer() {
                            @Override
                            protected void expired(long nowNs) {
                                action.run();
                            }
                        },
                        loop.nowNs() + delayNs);
    }

    private static String name(int index) {
        return "worker " + (index + 1);
    }
}

package caffeine.server.prefork;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.ExitStatus;
import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.loop.Timer;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Source;
import caffeine.server.service.EngineShell;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * A parent that accepts, and passes each client's descriptor to the worker process with the most
 * credits. It replaces dead workers, and adopts their scripts. It never reads input of clients.
 */
final class PreforkEngine extends EngineShell<WorkerGeneration> {

    private static final long SECOND_NS = 1_000_000_000L;

    private final List<String> javaCommand;

    /** Workers without a client that are kept; 0: workers serve many clients, and all are kept. */
    private final int spares;

    private List<Listener> listeners = List.of();
    private @Nullable Workers workers;

    /**
     * An engine that has not been started.
     *
     * @param parts the workers in the plural
     * @param spares workers without a client that are kept, which then serve one client each; 0:
     *     each serves many, and all are kept
     * @throws StartException when it cannot be found out how to start workers
     */
    PreforkEngine(EngineDescription description, EngineSetup setup, String parts, int spares)
            throws StartException {
        super(description, setup, parts, EpollPoller::open);
        if (setup.handler() != null) {
            throw new StartException(
                    "the engine "
                            + description.name()
                            + " serves in other processes, which cannot call a"
                            + " program's handler; choose an engine of threads");
        }
        if (setup.server().log().logger() != null) {
            throw new StartException(
                    "the engine "
                            + description.name()
                            + " logs from other processes, which have no logger of the program;"
                            + " log to a file, or choose an engine of threads");
        }
        if (!setup.ownsProcess()) {
            throw new StartException(
                    "the engine "
                            + description.name()
                            + " needs the process for itself, because it waits for its child"
                            + " processes; say that this server owns the process, or choose an"
                            + " engine of threads");
        }
        this.javaCommand = setup.java().words();
        this.spares = spares;
    }

    @Override
    protected String supervisor() {
        return "parent";
    }

    @Override
    protected List<SocketAddress> listen(OpenResources opened) throws StartException {
        listeners = Listener.open(setup().server().network());
        listeners.forEach(opened::add);
        return listeners.stream().map(Listener::address).toList();
    }

    @Override
    protected void prepare(Context given) throws StartException {
        workers = new Workers(given);
    }

    private Workers workers() {
        return Objects.requireNonNull(workers);
    }

    @Override
    protected WorkerGeneration make(ServerOptions server, int count, LogFiles files) {
        int most = spares == 0 ? count : Math.min(count, server.limits().connections());
        return new WorkerGeneration(workers().shared, server, most, spares, needed(most), files);
    }

    /**
     * At a start, one ready worker is enough; at a reload, the old workers serve until all new ones
     * are ready, or all new spares.
     */
    private int needed(int count) {
        return generations().isEmpty() ? 1 : spares == 0 ? count : Math.min(spares, count);
    }

    @Override
    protected void begin() {
        loop().poller().add(workers().control, Source.READ);
        loop().timers().schedule(new Tick(), loop().nowNs() + SECOND_NS);
    }

    @Override
    protected void hand(@Nullable WorkerGeneration old, WorkerGeneration fresh, Runnable done) {
        ClientPasser clients = workers().clients;
        clients.limit(fresh.server());
        if (old == null) {
            clients.start();
            return;
        }
        clients.resume();
        old.retire();
        done.run();
    }

    @Override
    protected void stopAccepting() {
        workers().clients.stop();
    }

    @Override
    protected void reap() {
        while (true) {
            long exit = Processes.reapAny();
            if (exit <= 0) {
                return;
            }
            int pid = ExitStatus.of(exit).pid();
            WorkerGeneration generation = generationOf(pid);
            WorkerProcess worker = generation == null ? null : generation.workerOf(pid);
            if (generation != null && worker != null) {
                generation.exited(worker, exit, loop().nowNs());
            } else {
                workers().shared.orphans().reaped(pid);
            }
        }
    }

    private @Nullable WorkerGeneration generationOf(int pid) {
        for (WorkerGeneration generation : generations()) {
            if (generation.workerOf(pid) != null) {
                return generation;
            }
        }
        return null;
    }

    /** Once a second: pings, and reaping of children without a pidfd. */
    private final class Tick extends Timer {
        @Override
        protected void expired(long nowNs) {
            loop().timers().schedule(this, nowNs + SECOND_NS); // even after an exception here
            for (WorkerGeneration generation : generations()) {
                generation.forEach(generation::ping);
            }
            reap();
            partEnded();
            workers().clients.resume();
        }
    }

    /**
     * The objects that the workers of all generations share, and the sources of workers and
     * clients.
     */
    private final class Workers implements WorkerGeneration.Owner {
        final ClientPasser clients;
        final ControlSource control;
        final WorkerGeneration.Shared shared;

        Workers(Context given) throws StartException {
            OpenResources opened = given.opened();
            ControlSocket socket = opened.add(ControlSocket.open(setup().runtimeFolder()));
            WorkerLauncher launcher = opened.add(new WorkerLauncher(javaCommand, socket.path()));
            WorkerMessages messages = opened.add(new WorkerMessages());
            this.control = new ControlSource(socket.fd());
            this.clients =
                    opened.add(
                            new ClientPasser(
                                    given.loop(),
                                    given.log(),
                                    listeners,
                                    messages,
                                    except -> current().readiest(except),
                                    given.reserve(),
                                    given.addresses(),
                                    spares > 0));
            this.shared =
                    new WorkerGeneration.Shared(
                            given.loop(),
                            given.log(),
                            launcher,
                            messages,
                            new Orphans(given.loop(), pid -> generationOf(pid) != null),
                            given.addresses(),
                            this);
        }

        @Override
        public void ready(WorkerGeneration generation) {
            serves(generation);
        }

        @Override
        public void failed(WorkerGeneration generation, String reason) {
            PreforkEngine.this.failed(generation, new StartException(reason));
        }

        @Override
        public void creditsCame() {
            clients.resume();
        }

        @Override
        public int waiting(WorkerGeneration generation) {
            return generation.equals(current()) ? clients.waiting() : 0;
        }

        @Override
        public void dropWaiting() {
            clients.close();
            partEnded();
        }

        @Override
        public void takeBack(List<WaitingClient> unread) {
            unread.forEach(clients::takeBack);
        }

        @Override
        public void workerGone() {
            clients.resume();
            partEnded();
        }
    }

    /** Where workers connect. */
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
            WorkerGeneration generation = generationOf(pid);
            WorkerProcess worker = generation == null ? null : generation.workerOf(pid);
            if (generation == null || worker == null || worker.isConnected()) {
                log().line(
                                LogLevel.WARN,
                                "control",
                                "refused pid " + pid + ", which is not a worker");
                Descriptors.close(fd);
                return;
            }
            generation.greet(worker, fd);
        }

        /** A waiting connection stays ready: watching it further would spin. */
        private void backOff(int errno) {
            log().line(
                            LogLevel.WARN,
                            "control",
                            "cannot accept a worker for now: " + Errno.describe(errno));
            loop().poller().modify(this, 0);
            loop().timers()
                    .schedule(
                            Timer.of(() -> loop().poller().modify(this, Source.READ)),
                            loop().nowNs() + SECOND_NS);
        }
    }
}

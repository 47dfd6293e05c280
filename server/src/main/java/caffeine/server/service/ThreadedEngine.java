package caffeine.server.service;

import caffeine.http.Fields;
import caffeine.os.Errno;
import caffeine.server.engine.Engine;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.Poller;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * What all engines of threads have in common: a start that leaves nothing when it fails, a {@link
 * Supervisor} on a thread of its own, {@link Changes} while it runs, and an end.
 *
 * @param <P> what the engine's parts are
 */
public final class ThreadedEngine<P extends Supervisor.ServingThread> implements Engine {

    /** What makes one engine another than the next. */
    public interface Arrangement<P extends Supervisor.ServingThread>
            extends Changes.Arrangement<P> {

        /** The engine's name. */
        String name();

        /**
         * Binds and listens.
         *
         * @param opened takes what is to be closed at the engine's end
         * @return the addresses that were bound
         * @throws StartException with the reason and the next step
         */
        List<SocketAddress> listen(OpenResources opened) throws StartException;

        /** Makes the poller of the supervisor's loop. */
        Poller supervisorPoller();

        /** What parts are made with. Before the first one. */
        void attach(EngineContext context);
    }

    /**
     * What an arrangement is given: the supervisor, its loop and its log, and what all parts share.
     *
     * @param opened takes what is to be closed at the engine's end
     */
    public record EngineContext(
            Supervisor supervisor,
            EventLoop loop,
            Log log,
            FileLimits limits,
            AddressCounts addresses,
            Reserve reserve,
            OpenResources opened) {}

    private final Arrangement<P> arrangement;
    private final ServerOptions options;
    private final int size;
    private final boolean ownsProcess;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Supervisor supervisor;
    private volatile @Nullable Changes<P> changes;

    /**
     * @param size how many threads there should be
     * @param ownsProcess whether the process is there for this server alone
     */
    public ThreadedEngine(
            Arrangement<P> arrangement, ServerOptions options, int size, boolean ownsProcess) {
        this.arrangement = arrangement;
        this.options = options;
        this.size = size;
        this.ownsProcess = ownsProcess;
    }

    @Override
    public String name() {
        return arrangement.name();
    }

    @Override
    public synchronized List<SocketAddress> start(Bound bound) throws StartException {
        if (supervisor != null) {
            throw new IllegalStateException("started twice");
        }
        OpenResources opened = new OpenResources();
        try (LogFiles files = LogFiles.open(options.log())) {
            Preload.classesBeside(Errno.class, Fields.class, Engine.class);
            Preload.addresses();
            List<SocketAddress> addresses = arrangement.listen(opened);
            bound.bound(addresses);
            opened.add(OwnedProcess.claim(ownsProcess));
            start(options.withAddresses(addresses), files, opened);
            return addresses;
        } catch (Throwable e) {
            StartException reason = StartException.of(e);
            try (opened) {
                throw reason; // what closing throws is suppressed
            }
        }
    }

    private void start(ServerOptions server, LogFiles files, OpenResources opened)
            throws StartException {
        Logs logs = opened.add(Logs.open("server", server.log().withoutAccess(), files));
        Log log = logs.log();
        EventLoop loop =
                opened.add(
                        new EventLoop(
                                arrangement.supervisorPoller(),
                                Clock.SYSTEM,
                                e -> log.line(LogLevel.ERROR, "server", Traces.describe(e))));
        FileLimits limits = ownsProcess ? FileLimits.raise() : FileLimits.asTheyAre();
        Supervisor made = new Supervisor(loop, log, ownsProcess);
        Reserve reserve = opened.add(new Reserve());
        arrangement.attach(
                new EngineContext(made, loop, log, limits, new AddressCounts(), reserve, opened));
        ThreadGeneration<P> first = opened.add(arrangement.make(server, size, files));
        changes = opened.add(new Changes<>(made, logs, arrangement, first, files));
        made.keep(first.all());
        arrangement.begin(first);
        first.start(made);
        try {
            new Thread(() -> keep(made, opened), "supervisor").start();
        } catch (Throwable e) {
            first.all().forEach(Supervisor.ServingThread::cut);
            throw e;
        }
        supervisor = made;
    }

    /** Everything that the start opened is closed here, once the parts have ended. */
    private void keep(Supervisor made, OpenResources opened) {
        try (opened) {
            made.run();
        } finally {
            ended.countDown();
        }
    }

    @Override
    public boolean reload(ServerOptions server, int parts, Consumer<Boolean> done) {
        Changes<P> known = changes;
        if (known != null) {
            known.reload(server, parts, done);
        }
        return true;
    }

    @Override
    public void reopenLogs() {
        Changes<P> known = changes;
        if (known != null) {
            known.reopenLogs();
        }
    }

    @Override
    public void probe(Runnable answered) {
        Supervisor running = supervisor;
        if (running != null) {
            running.probe(answered);
        }
    }

    /** A second call ends running exchanges at once. */
    @Override
    public void stop() {
        Supervisor running = supervisor;
        if (running != null) {
            running.stop();
        }
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        ended.await();
    }

    @Override
    public @Nullable Throwable failure() {
        Supervisor known = supervisor;
        return known == null ? null : known.failure();
    }
}

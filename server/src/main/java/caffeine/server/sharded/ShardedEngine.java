package caffeine.server.sharded;

import caffeine.server.ServerOptions;
import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Changes;
import caffeine.server.service.FileLimits;
import caffeine.server.service.Keeper;
import caffeine.server.service.OwnedProcess;
import caffeine.server.service.PartGroup;
import caffeine.server.sharded.ShardedOptions.Accept;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Threads that share nothing on a request's way: each has its own loop, its own poller and its own
 * listener. What they do share is touched when a client comes or goes, or a script starts or ends:
 * the room for clients, and the handler slots. {@link Changes} is what can become different
 * meanwhile.
 */
public final class ShardedEngine implements Engine {

    private final ShardedOptions options;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Keeper keeper;
    private volatile @Nullable Changes<Shard> changes;

    public ShardedEngine(ShardedOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "sharded";
    }

    @Override
    public synchronized SocketAddress start(Bound bound) throws StartException {
        if (keeper != null) {
            throw new IllegalStateException("started twice");
        }
        int count = options.accept() == Accept.REUSEPORT ? options.threads() : 1;
        try (LogFiles files = LogFiles.open(options.server().log())) {
            List<Listener> listeners = Listener.openGroup(options.server().network(), count);
            OwnedProcess process = null;
            try {
                bound.bound(listeners.getFirst().address());
                process = OwnedProcess.claim(options.ownsProcess());
                start(listeners, files, process);
            } catch (StartException e) {
                if (process != null) {
                    process.close();
                }
                listeners.forEach(Listener::close);
                throw e;
            }
            return listeners.getFirst().address();
        }
    }

    private void start(List<Listener> listeners, LogFiles files, OwnedProcess process)
            throws StartException {
        ServerOptions server = options.server().withBind(listeners.getFirst().address());
        FileLimits limits = options.ownsProcess() ? FileLimits.raise() : FileLimits.asTheyAre();
        AddressCounts addresses = new AddressCounts();
        PartGroup<Shard> shards =
                ShardGroups.make(
                        server, options.threads(), limits, addresses, files, options.handler());
        Logs logs = Logs.open("server", server.log().withoutAccess(), files);
        EventLoop loop;
        try {
            loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
        } catch (RuntimeException e) {
            shards.close();
            logs.close();
            throw new StartException("the server cannot start: " + PartGroup.reason(e));
        }
        Log log = logs.log();
        Keeper made = new Keeper(loop, log, shards.all(), options.ownsProcess());
        Assigner assigner = null;
        if (options.accept() == Accept.ASSIGN) {
            assigner = new Assigner(loop, log, listeners.getFirst(), addresses, shards);
            made.keep(assigner);
        }
        ShardGroups groups =
                new ShardGroups(
                        made,
                        log,
                        limits,
                        addresses,
                        listeners,
                        assigner,
                        shards,
                        options.handler());
        Changes<Shard> opened;
        try {
            opened = new Changes<>(made, logs, groups, shards, files);
        } catch (StartException e) {
            made.close();
            shards.close();
            logs.close();
            throw e;
        }
        keeper = made;
        changes = opened;
        groups.start();
        new Thread(() -> keep(made, groups, opened, process), "keeper").start();
    }

    private void keep(
            Keeper made, ShardGroups groups, Changes<Shard> opened, OwnedProcess process) {
        try {
            made.run();
        } finally {
            groups.close();
            opened.close();
            process.close();
            ended.countDown();
        }
    }

    @Override
    public boolean reload(ServerOptions server, int threads, Consumer<Boolean> done) {
        Changes<Shard> known = changes;
        if (known != null) {
            known.reload(server, threads, done);
        }
        return true;
    }

    @Override
    public void reopenLogs() {
        Changes<Shard> known = changes;
        if (known != null) {
            known.reopenLogs();
        }
    }

    @Override
    public void probe(Runnable answered) {
        Keeper running = keeper;
        if (running != null) {
            running.probe(answered);
        }
    }

    /** A second call ends running exchanges at once. */
    @Override
    public void stop() {
        Keeper running = keeper;
        if (running != null) {
            running.stop();
        }
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        ended.await();
    }
}

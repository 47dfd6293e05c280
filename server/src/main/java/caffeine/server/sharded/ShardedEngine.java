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
import caffeine.server.script.HandlerSlots;
import caffeine.server.script.SlotCount;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.FileLimits;
import caffeine.server.service.Keeper;
import caffeine.server.service.ProcessShare;
import caffeine.server.sharded.ShardedOptions.Accept;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Threads that share nothing on a request's way: each has its own loop, its own poller and its own
 * listener. What they do share is touched when a client comes or goes, or a script starts or ends:
 * the room for clients, and the handler slots.
 */
public final class ShardedEngine implements Engine {

    private final ShardedOptions options;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Keeper keeper;
    private volatile @Nullable Logs logs;

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
        LogFiles files = LogFiles.open(options.server().log());
        Logs opened = Logs.open("server", options.server().log(), files);
        files.close();
        List<Listener> listeners;
        try {
            listeners = Listener.openGroup(options.server().network(), count);
        } catch (StartException e) {
            opened.close();
            throw e;
        }
        SocketAddress address = listeners.getFirst().address();
        List<Shard> shards = new ArrayList<>(options.threads());
        Keeper made;
        try {
            bound.bound(address);
            made = make(listeners, shards, opened);
        } catch (StartException e) {
            listeners.forEach(Listener::close);
            opened.close();
            throw e;
        } catch (RuntimeException e) {
            shards.forEach(Shard::close);
            listeners.forEach(Listener::close);
            opened.close();
            throw new StartException("the server cannot start: " + reason(e));
        }
        keeper = made;
        logs = opened;
        for (Shard shard : shards) {
            new Thread(() -> made.partEnded(shard.run()), "shard-" + (shard.index + 1)).start();
        }
        new Thread(() -> keep(made, opened), "keeper").start();
        return address;
    }

    private static String reason(RuntimeException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage());
    }

    /** Makes all that {@link #start} starts; adds the shards as they are made. */
    private Keeper make(List<Listener> listeners, List<Shard> shards, Logs logs) {
        ServerOptions server = options.server().withBind(listeners.getFirst().address());
        int threads = options.threads();
        List<HandlerSlots> slots =
                HandlerSlots.inProcess(
                        threads, SlotCount.of(server), shard -> shards.get(shard).slotFreed());
        ProcessShare share =
                ProcessShare.of(
                        options.ownsProcess() ? FileLimits.raise() : FileLimits.asTheyAre(),
                        threads,
                        server.limits().connections(),
                        server.limits());
        AddressCounts addresses = new AddressCounts();
        int mostPerAddress = server.connectionsPerAddress();
        for (int i = 0; i < threads; i++) {
            Shard shard = new Shard(i, server, logs, slots.get(i), share, addresses);
            shards.add(shard);
            if (options.accept() == Accept.REUSEPORT) {
                shard.accept(listeners.get(i), mostPerAddress);
            }
        }
        EventLoop loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
        Log log = logs.log();
        Keeper made = new Keeper(loop, log, shards, options.ownsProcess());
        if (options.accept() == Accept.ASSIGN) {
            made.keep(
                    new Assigner(
                            loop,
                            log,
                            listeners.getFirst(),
                            shards,
                            share.room(),
                            addresses,
                            mostPerAddress,
                            server.errorPages()));
        }
        return made;
    }

    private void keep(Keeper made, Logs opened) {
        try {
            made.run();
        } finally {
            opened.close();
            ended.countDown();
        }
    }

    @Override
    public void reopenLogs() {
        Logs opened = logs;
        if (opened != null) {
            opened.reopen();
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

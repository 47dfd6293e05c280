package caffeine.server.sharded;

import caffeine.os.Processes;
import caffeine.os.Sockets;
import caffeine.server.LogLevel;
import caffeine.server.log.Log;
import caffeine.server.log.Traces;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.EpollPoller;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.AdoptedChildren;
import caffeine.server.service.Leftovers;
import caffeine.server.service.Room;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The engine's own thread, which mostly sleeps: it stops the shards, looks after what scripts leave
 * running, and assigns clients to shards if they have no listeners of their own.
 *
 * <pre>
 *   RUNNING ──stop──▶ DRAINING ──shards ended──▶ SWEEPING ──children gone──▶ end
 *                        │ a second stop: cut        │ a second stop: KILL
 * </pre>
 */
final class Keeper implements Acceptor.Taker {

    private enum Phase {
        RUNNING,
        DRAINING,
        SWEEPING
    }

    private final EventLoop loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM);
    private final Log log;
    private final List<Shard> shards;
    private final Room room;
    private final @Nullable AdoptedChildren adopted;
    private final Leftovers leftovers;
    private @Nullable Acceptor acceptor;
    private Phase phase = Phase.RUNNING;
    private int running;

    /**
     * @param ownsProcess whether all children of this process are this server's
     */
    Keeper(List<Shard> shards, Room room, LogLevel logLevel, boolean ownsProcess) {
        this.shards = shards;
        this.room = room;
        this.running = shards.size();
        this.log = Log.toStandardError(logLevel);
        this.adopted = ownsProcess ? new AdoptedChildren(loop, shards) : null;
        this.leftovers = new Leftovers(loop, Keeper::reap, loop::stop);
    }

    /** Accepts clients for all shards from now on. Before {@link #run}. */
    void accept(Listener listener, AddressCounts addresses, int mostPerAddress) {
        Acceptor made =
                new Acceptor(
                        loop,
                        log,
                        listener,
                        this,
                        mostPerAddress > 0 ? a -> addresses.tryAdd(a, mostPerAddress) : null);
        acceptor = made;
        room.whenFree(() -> loop.execute(made::resume));
        made.start();
    }

    /** Runs until all shards have ended, and all that scripts have left running. */
    void run() {
        try {
            if (adopted != null) {
                adopted.start();
            }
            loop.run();
        } catch (RuntimeException e) {
            log.line(LogLevel.ERROR, "server", Traces.describe(e));
            shards.forEach(Shard::cut);
        } finally {
            close();
        }
    }

    void close() {
        Acceptor own = acceptor;
        if (own != null) {
            own.close();
        }
        loop.close();
    }

    // ---- clients, where they are assigned

    @Override
    public boolean reserve() {
        return room.tryTake();
    }

    @Override
    public void cancel() {
        room.give();
    }

    @Override
    public void take(int fd, MemorySegment sockaddr) {
        Shard emptiest = shards.getFirst();
        for (Shard shard : shards) {
            if (shard.connected() < emptiest.connected()) {
                emptiest = shard;
            }
        }
        emptiest.assign(fd, Sockets.inetAddress(sockaddr));
    }

    // ---- the end

    /** From any thread; the second call ends what runs at once. */
    void stop() {
        loop.execute(this::advance);
    }

    private void advance() {
        switch (phase) {
            case RUNNING -> drain();
            case DRAINING -> shards.forEach(Shard::cut);
            case SWEEPING -> leftovers.kill();
        }
    }

    private void drain() {
        phase = Phase.DRAINING;
        log.line(LogLevel.INFO, "server", "stopping; requests in progress may end");
        Acceptor own = acceptor;
        if (own != null) {
            own.stop(); // first: whom it assigns is served before the shards drain
        }
        shards.forEach(Shard::drain);
        sweepWhenAlone();
    }

    /** A shard's thread is about to end; from any thread. */
    void shardEnded(boolean asItShould) {
        loop.execute(
                () -> {
                    running--;
                    if (!asItShould && phase == Phase.RUNNING) {
                        drain();
                    }
                    sweepWhenAlone();
                });
    }

    private void sweepWhenAlone() {
        if (running > 0 || phase != Phase.DRAINING) {
            return;
        }
        phase = Phase.SWEEPING;
        if (adopted == null) {
            loop.stop();
        } else {
            adopted.stop();
            leftovers.end();
        }
    }

    private static void reap() {
        while (Processes.reapAny() > 0) {
            // Nobody asks how they ended.
        }
    }
}

package caffeine.server.sharded;

import caffeine.server.LogLevel;
import caffeine.server.ServerOptions;
import caffeine.server.core.Handler;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Changes;
import caffeine.server.service.FileLimits;
import caffeine.server.service.Keeper;
import caffeine.server.service.PartGroup;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * How clients come to shards, and from those of one configuration to those of the next. On the
 * keeper's loop.
 *
 * <p>Listeners stay: to close one would reset the clients that wait at it. Each goes from the shard
 * that leaves it to one of those that serve then, and clients that come in between wait in the
 * kernel's queue.
 */
final class ShardGroups implements Changes.Arrangement<Shard> {

    private static final String THREADS = "shard";

    private final Keeper keeper;
    private final Log log;
    private final FileLimits limits;
    private final AddressCounts addresses;
    private final List<Listener> listeners;
    private final @Nullable Assigner assigner;
    private final @Nullable Handler handler;
    private PartGroup<Shard> current;

    /**
     * @param listeners one for each shard, or one that the assigner has
     * @param handler what answers; null for what the options name
     */
    ShardGroups(
            Keeper keeper,
            Log log,
            FileLimits limits,
            AddressCounts addresses,
            List<Listener> listeners,
            @Nullable Assigner assigner,
            PartGroup<Shard> first,
            @Nullable Handler handler) {
        this.keeper = keeper;
        this.log = log;
        this.limits = limits;
        this.addresses = addresses;
        this.listeners = new ArrayList<>(listeners);
        this.assigner = assigner;
        this.current = first;
        this.handler = handler;
    }

    static PartGroup<Shard> make(
            ServerOptions server,
            int threads,
            FileLimits limits,
            AddressCounts addresses,
            LogFiles files,
            @Nullable Handler handler)
            throws StartException {
        return PartGroup.make(
                server,
                threads,
                limits,
                files,
                (index, logs, slots, share) ->
                        new Shard(
                                index, server, logs, slots, share.withHandler(handler), addresses),
                Shard::slotFreed);
    }

    @Override
    public PartGroup<Shard> make(ServerOptions server, int threads, LogFiles files)
            throws StartException {
        return make(server, threads, limits, addresses, files, handler);
    }

    /** The first ones, before the keeper runs. */
    void start() {
        if (assigner == null) {
            for (int i = 0; i < listeners.size(); i++) {
                acceptorOf(i).accept(listeners.get(i));
            }
        }
        current.start(keeper, THREADS);
    }

    @Override
    public void replace(PartGroup<Shard> old, PartGroup<Shard> fresh) {
        current = fresh;
        if (assigner != null) {
            assigner.prepare(fresh);
        }
        fresh.start(keeper, THREADS);
        if (assigner != null) {
            assigner.assignTo(fresh);
        } else {
            listenWithAsManyAs(fresh.all().size());
        }
        for (Shard shard : old.all()) {
            shard.retire(left -> keeper.execute(() -> left.forEach(this::hand)));
        }
    }

    /** A shard has left a listener: one of those that serve now takes it over. */
    private void hand(Listener listener) {
        if (keeper.isRunning()) {
            acceptorOf(listeners.indexOf(listener)).takeOver(listener);
        } else {
            listener.close();
        }
    }

    /** Who is to accept the clients of a listener, by its place among them. */
    private Shard acceptorOf(int listener) {
        return current.all().get(listener % current.all().size());
    }

    private void listenWithAsManyAs(int shards) {
        try {
            while (listeners.size() < shards) {
                Listener more = Listener.another(listeners.getFirst());
                listeners.add(more);
                acceptorOf(listeners.size() - 1).takeOver(more);
            }
        } catch (StartException e) {
            log.line(
                    LogLevel.WARN,
                    "reload",
                    e.getMessage() + "; some threads have no clients until the next reload");
        }
    }

    /** At the very end. */
    void close() {
        listeners.forEach(Listener::close);
    }
}

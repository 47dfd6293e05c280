package caffeine.server.sharded;

import caffeine.server.LogLevel;
import caffeine.server.ServerOptions;
import caffeine.server.engine.Opened;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Poller;
import caffeine.server.service.PartGroup;
import caffeine.server.service.PartsEngine;
import caffeine.server.service.PartsEngine.Keeping;
import caffeine.server.sharded.ShardedOptions.Accept;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How clients come to shards, and from those of one configuration to those of the next. On the
 * keeper's loop.
 *
 * <p>Listeners stay: to close one would reset the clients that wait at it. Each goes from the shard
 * that leaves it to one of those that serve then, and clients that come in between wait in the
 * kernel's queue.
 */
final class ShardGroups implements PartsEngine.Arrangement<Shard> {

    private final ShardedOptions options;

    /** One for each shard, or one for the assigner. */
    private final List<Listener> listeners = new ArrayList<>();

    private @Nullable Keeping keeping;
    private @Nullable Assigner assigner;
    private List<Shard> shards = List.of();

    ShardGroups(ShardedOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "sharded";
    }

    @Override
    public SocketAddress listen(Opened opened) throws StartException {
        int count = options.accept() == Accept.REUSEPORT ? options.threads() : 1;
        opened.add(() -> listeners.forEach(Listener::close)); // those of a reload, too
        listeners.addAll(Listener.openGroup(options.server().network(), count));
        return listeners.getFirst().address();
    }

    @Override
    public Poller keepersPoller() {
        return EpollPoller.open();
    }

    @Override
    public void attach(Keeping given) {
        keeping = given;
    }

    private Keeping keeping() {
        return Objects.requireNonNull(keeping);
    }

    @Override
    public PartGroup<Shard> make(ServerOptions server, int threads, LogFiles files)
            throws StartException {
        return PartGroup.make(
                "shard",
                server,
                threads,
                keeping().limits(),
                files,
                (index, logs, slots, share) ->
                        new Shard(
                                index,
                                server,
                                logs,
                                slots,
                                share.withHandler(options.handler()),
                                keeping().addresses(),
                                keeping().reserve()),
                Shard::slotFreed);
    }

    @Override
    public void begin(PartGroup<Shard> first) {
        shards = first.all();
        if (options.accept() == Accept.ASSIGN) {
            Assigner made = new Assigner(keeping(), listeners.getFirst(), first);
            keeping().keeper().keep(made);
            assigner = made;
            return;
        }
        for (int i = 0; i < listeners.size(); i++) {
            acceptorOf(i).accept(listeners.get(i));
        }
    }

    @Override
    public void prepare(PartGroup<Shard> fresh) {
        if (assigner != null) {
            assigner.prepare(fresh);
        }
    }

    @Override
    public void replace(PartGroup<Shard> old, PartGroup<Shard> fresh, Runnable done) {
        shards = fresh.all();
        if (assigner != null) {
            assigner.assignTo(fresh);
        } else {
            listenWithAsManyAs(shards.size());
        }
        AtomicInteger accepting = new AtomicInteger(old.all().size());
        for (Shard shard : old.all()) {
            shard.retire(
                    left ->
                            keeping()
                                    .keeper()
                                    .execute(
                                            () -> {
                                                left.forEach(this::hand);
                                                if (accepting.decrementAndGet() == 0) {
                                                    done.run();
                                                }
                                            }));
        }
    }

    /** A shard has left a listener: one of those that serve now takes it over. */
    private void hand(Listener listener) {
        boolean running = keeping().keeper().isRunning();
        if (!running || !acceptorOf(listeners.indexOf(listener)).takeOver(listener)) {
            listener.close();
        }
    }

    /** The shard that accepts the clients of a listener, by its place among them. */
    private Shard acceptorOf(int listener) {
        return shards.get(listener % shards.size());
    }

    private void listenWithAsManyAs(int count) {
        try {
            while (listeners.size() < count) {
                Listener more = Listener.another(listeners.getFirst());
                listeners.add(more);
                if (!acceptorOf(listeners.size() - 1).takeOver(more)) {
                    more.close();
                }
            }
        } catch (StartException e) {
            keeping()
                    .log()
                    .line(
                            LogLevel.WARN,
                            "reload",
                            e.getMessage()
                                    + "; some threads have no clients until the next reload");
        }
    }
}

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

    /** For each address those of all shards, or that of the assigner. */
    private final List<List<Listener>> listeners = new ArrayList<>();

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
    public List<SocketAddress> listen(Opened opened) throws StartException {
        int count = options.accept() == Accept.REUSEPORT ? options.threads() : 1;
        // those of a reload, too
        opened.add(() -> listeners.forEach(group -> group.forEach(Listener::close)));
        listeners.addAll(Listener.openGroups(options.server().network(), count));
        return listeners.stream().map(group -> group.getFirst().address()).toList();
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
            List<Listener> one = listeners.stream().map(List::getFirst).toList();
            Assigner made = new Assigner(keeping(), one, first);
            keeping().keeper().keep(made);
            assigner = made;
            return;
        }
        for (List<Listener> group : listeners) {
            for (int i = 0; i < group.size(); i++) {
                acceptorOf(i).accept(group.get(i));
            }
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
            listeners.forEach(group -> listenWithAsManyAs(shards.size(), group));
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
        if (!running || !acceptorOf(placeOf(listener)).takeOver(listener)) {
            listener.close();
        }
    }

    private int placeOf(Listener listener) {
        return listeners.stream().mapToInt(group -> group.indexOf(listener)).max().orElseThrow();
    }

    /**
     * The shard that accepts the clients of a listener, by its place among those of its address.
     */
    private Shard acceptorOf(int listener) {
        return shards.get(listener % shards.size());
    }

    private void listenWithAsManyAs(int count, List<Listener> group) {
        try {
            while (group.size() < count) {
                Listener more = Listener.another(group.getFirst());
                group.add(more);
                if (!acceptorOf(group.size() - 1).takeOver(more)) {
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

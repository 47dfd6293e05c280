package caffeine.server.sharded;

import caffeine.server.engine.OpenResources;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.poll.Poller;
import caffeine.server.service.ThreadGeneration;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.service.ThreadedEngine.EngineContext;
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
 * supervisor's loop.
 *
 * <p>Listeners stay: to close one would reset the clients that wait at it. Each goes from the shard
 * that leaves it to one of those that serve then, and clients that come in between wait in the
 * kernel's queue.
 */
final class ShardGroups implements ThreadedEngine.Arrangement<Shard> {

    private final ShardedOptions options;

    /** For each address those of all shards, or that of the assigner. */
    private final List<List<Listener>> listeners = new ArrayList<>();

    private @Nullable EngineContext context;
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
    public List<SocketAddress> listen(OpenResources opened) throws StartException {
        int count = options.accept() == Accept.REUSEPORT ? options.threads() : 1;
        // those of a reload, too
        opened.add(() -> listeners.forEach(group -> group.forEach(Listener::close)));
        listeners.addAll(Listener.openGroups(options.server().network(), count));
        return listeners.stream().map(group -> group.getFirst().address()).toList();
    }

    @Override
    public Poller supervisorPoller() {
        return EpollPoller.open();
    }

    @Override
    public void attach(EngineContext given) {
        context = given;
    }

    private EngineContext context() {
        return Objects.requireNonNull(context);
    }

    @Override
    public ThreadGeneration<Shard> make(ServerOptions server, int threads, LogFiles files)
            throws StartException {
        return ThreadGeneration.make(
                "shard",
                server,
                threads,
                context().limits(),
                files,
                (index, logs, slots, share) ->
                        new Shard(
                                index,
                                server,
                                logs,
                                slots,
                                share.withHandler(options.handler()),
                                context().addresses(),
                                context().reserve()),
                Shard::slotFreed);
    }

    @Override
    public void begin(ThreadGeneration<Shard> first) {
        shards = first.all();
        if (options.accept() == Accept.ASSIGN) {
            List<Listener> one = listeners.stream().map(List::getFirst).toList();
            Assigner made = new Assigner(context(), one, first);
            context().supervisor().keep(made);
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
    public void prepare(ThreadGeneration<Shard> fresh) {
        if (assigner != null) {
            assigner.prepare(fresh);
        }
    }

    @Override
    public void replace(ThreadGeneration<Shard> old, ThreadGeneration<Shard> fresh, Runnable done) {
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
                            context()
                                    .supervisor()
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
        boolean running = context().supervisor().isRunning();
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
            context()
                    .log()
                    .line(
                            LogLevel.WARN,
                            "reload",
                            e.getMessage()
                                    + "; some threads have no clients until the next reload");
        }
    }
}

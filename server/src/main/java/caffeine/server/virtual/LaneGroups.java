package caffeine.server.virtual;

import caffeine.server.engine.OpenResources;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.loop.Clock;
import caffeine.server.options.App;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.Poller;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.service.ThreadGeneration;
import caffeine.server.service.ThreadedEngine;
import caffeine.server.service.ThreadedEngine.EngineContext;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;

/** Makes lanes, and has clients come to those of the latest configuration. */
final class LaneGroups implements ThreadedEngine.Arrangement<LaneThread> {

    private static final int LANES_PER_THREAD = 4;
    private static final int MOST_LANES = 64;

    /** Makes the virtual threads. */
    private final ThreadFactory threads =
            Thread.ofVirtual().inheritInheritableThreadLocals(false).factory();

    private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

    private final VirtualOptions options;
    private List<ChannelListener> listeners = List.of();
    private @Nullable EngineContext context;
    private @Nullable ChannelAcceptor source;

    LaneGroups(VirtualOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "virtual";
    }

    @Override
    public List<SocketAddress> listen(OpenResources opened) throws StartException {
        // It counts for all virtual threads of the process, so a program that shares it decides.
        if (options.ownsProcess() && System.getProperty(PARALLELISM) == null) {
            System.setProperty(PARALLELISM, Integer.toString(options.threads()));
        }
        listeners = ChannelListener.open(options.server().network());
        listeners.forEach(opened::add);
        return listeners.stream().map(ChannelListener::address).toList();
    }

    @Override
    public Poller supervisorPoller() {
        return SelectorPoller.open();
    }

    /** Before anything else is short: what virtual threads wait with takes descriptors. */
    @Override
    public void attach(EngineContext given) {
        Preload.virtualThreads();
        context = given;
    }

    private EngineContext context() {
        return Objects.requireNonNull(context);
    }

    @Override
    public ThreadGeneration<LaneThread> make(ServerOptions server, int size, LogFiles files)
            throws StartException {
        BufferPool large = new BufferPool(2 * size);
        return ThreadGeneration.make(
                "lane",
                server,
                laneCount(server, size),
                context().limits(),
                files,
                (index, logs, slots, share) ->
                        new LaneThread(
                                index,
                                server,
                                logs,
                                slots,
                                share.withHandler(options.handler()),
                                context().addresses(),
                                large,
                                threads),
                LaneThread::slotFreed);
    }

    /** Scripts are driven by one thread: their processes and pipes are native descriptors. */
    private int laneCount(ServerOptions server, int size) {
        boolean scripts = options.handler() == null && server.app() == App.SCRIPTS;
        return scripts ? 1 : Math.min(MOST_LANES, LANES_PER_THREAD * size);
    }

    @Override
    public void begin(ThreadGeneration<LaneThread> first) {
        RefusedChannels refused =
                context()
                        .opened()
                        .add(
                                new RefusedChannels(
                                        threads, Clock.SYSTEM, first.server().errorPages()));
        ChannelAcceptor made =
                new ChannelAcceptor(
                        context().loop(),
                        context().log(),
                        listeners,
                        first.room(),
                        context().addresses(),
                        first.mostPerAddress(),
                        refused,
                        context().reserve(),
                        new InTurn(first.all()));
        context().supervisor().keep(made);
        made.start();
        source = made;
    }

    @Override
    public void prepare(ThreadGeneration<LaneThread> fresh) {
        requireAcceptor().prepare(fresh.room());
    }

    @Override
    public void replace(
            ThreadGeneration<LaneThread> old, ThreadGeneration<LaneThread> fresh, Runnable done) {
        requireAcceptor().change(fresh.room(), fresh.mostPerAddress(), new InTurn(fresh.all()));
        old.all().forEach(LaneThread::retire);
        done.run();
    }

    private ChannelAcceptor requireAcceptor() {
        return Objects.requireNonNull(source);
    }
}

package caffeine.server.virtual;

import caffeine.server.App;
import caffeine.server.ServerOptions;
import caffeine.server.engine.Opened;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.loop.Clock;
import caffeine.server.poll.Poller;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.service.PartGroup;
import caffeine.server.service.PartsEngine;
import caffeine.server.service.PartsEngine.Keeping;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;

/** Makes lanes, and has clients come to those of the latest configuration. */
final class LaneGroups implements PartsEngine.Arrangement<LanePart> {

    private static final int LANES_PER_THREAD = 4;
    private static final int MOST_LANES = 64;

    /** Makes the virtual threads. */
    private final ThreadFactory threads =
            Thread.ofVirtual().inheritInheritableThreadLocals(false).factory();

    private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

    private final VirtualOptions options;
    private List<ChannelListener> listeners = List.of();
    private @Nullable Keeping keeping;
    private @Nullable ChannelAcceptor door;

    LaneGroups(VirtualOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "virtual";
    }

    @Override
    public List<SocketAddress> listen(Opened opened) throws StartException {
        // It counts for all virtual threads of the process, so a program that shares it decides.
        if (options.ownsProcess() && System.getProperty(PARALLELISM) == null) {
            System.setProperty(PARALLELISM, Integer.toString(options.threads()));
        }
        listeners = ChannelListener.open(options.server().network());
        listeners.forEach(opened::add);
        return listeners.stream().map(ChannelListener::address).toList();
    }

    @Override
    public Poller keepersPoller() {
        return SelectorPoller.open();
    }

    /** Before anything else is short: what virtual threads wait with takes descriptors. */
    @Override
    public void attach(Keeping given) {
        Preload.virtualThreads();
        keeping = given;
    }

    private Keeping keeping() {
        return Objects.requireNonNull(keeping);
    }

    @Override
    public PartGroup<LanePart> make(ServerOptions server, int size, LogFiles files)
            throws StartException {
        BufferPool large = new BufferPool(2 * size);
        return PartGroup.make(
                "lane",
                server,
                laneCount(server, size),
                keeping().limits(),
                files,
                (index, logs, slots, share) ->
                        new LanePart(
                                index,
                                server,
                                logs,
                                slots,
                                share.withHandler(options.handler()),
                                keeping().addresses(),
                                large,
                                threads),
                LanePart::slotFreed);
    }

    /** Scripts are driven by one thread: their processes and pipes are native descriptors. */
    private int laneCount(ServerOptions server, int size) {
        boolean scripts = options.handler() == null && server.app() == App.SCRIPTS;
        return scripts ? 1 : Math.min(MOST_LANES, LANES_PER_THREAD * size);
    }

    @Override
    public void begin(PartGroup<LanePart> first) {
        RefusedChannels refused =
                keeping()
                        .opened()
                        .add(
                                new RefusedChannels(
                                        threads, Clock.SYSTEM, first.server().errorPages()));
        ChannelAcceptor made =
                new ChannelAcceptor(
                        keeping().loop(),
                        keeping().log(),
                        listeners,
                        first.room(),
                        keeping().addresses(),
                        first.mostPerAddress(),
                        refused,
                        keeping().reserve(),
                        new InTurn(first.all()));
        keeping().keeper().keep(made);
        made.start();
        door = made;
    }

    @Override
    public void prepare(PartGroup<LanePart> fresh) {
        requireDoor().prepare(fresh.room());
    }

    @Override
    public void replace(PartGroup<LanePart> old, PartGroup<LanePart> fresh, Runnable done) {
        requireDoor().change(fresh.room(), fresh.mostPerAddress(), new InTurn(fresh.all()));
        old.all().forEach(LanePart::retire);
        done.run();
    }

    private ChannelAcceptor requireDoor() {
        return Objects.requireNonNull(door);
    }
}

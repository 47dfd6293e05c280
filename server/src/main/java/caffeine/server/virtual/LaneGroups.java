package caffeine.server.virtual;

import caffeine.server.App;
import caffeine.server.ServerOptions;
import caffeine.server.core.Handler;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Changes;
import caffeine.server.service.FileLimits;
import caffeine.server.service.Keeper;
import caffeine.server.service.PartGroup;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.ThreadFactory;

/** Makes lanes, and has clients come to those of the latest configuration. */
final class LaneGroups implements Changes.Arrangement<LanePart> {

    private static final String THREADS = "lane";
    private static final int LANES_PER_THREAD = 4;
    private static final int MOST_LANES = 64;

    private final FileLimits limits;
    private final AddressCounts addresses;
    private final ThreadFactory threads;
    private final @Nullable Handler handler;
    private @Nullable Keeper keeper;
    private @Nullable ChannelAcceptor door;

    /**
     * @param threads makes the virtual ones
     * @param handler what answers; null for what the options name
     */
    LaneGroups(
            FileLimits limits,
            AddressCounts addresses,
            ThreadFactory threads,
            @Nullable Handler handler) {
        this.limits = limits;
        this.addresses = addresses;
        this.threads = threads;
        this.handler = handler;
    }

    @Override
    public PartGroup<LanePart> make(ServerOptions server, int size, LogFiles files)
            throws StartException {
        BufferPool large = new BufferPool(2 * size);
        return PartGroup.make(
                server,
                laneCount(server, size),
                limits,
                files,
                (index, logs, slots, share) ->
                        new LanePart(
                                index,
                                server,
                                logs,
                                slots,
                                share.withHandler(handler),
                                addresses,
                                large,
                                threads),
                LanePart::slotFreed);
    }

    /** Scripts are driven by one thread: their processes and pipes are native descriptors. */
    private int laneCount(ServerOptions server, int size) {
        boolean scripts = handler == null && server.app() == App.SCRIPTS;
        return scripts ? 1 : Math.min(MOST_LANES, LANES_PER_THREAD * size);
    }

    /** The first ones, before the keeper runs. */
    void start(Keeper newKeeper, ChannelAcceptor newDoor, PartGroup<LanePart> first) {
        keeper = newKeeper;
        door = newDoor;
        first.start(newKeeper, THREADS);
    }

    @Override
    public void replace(PartGroup<LanePart> old, PartGroup<LanePart> fresh) {
        Keeper known = keeper;
        ChannelAcceptor clients = door;
        if (known == null || clients == null) {
            throw new IllegalStateException("not started");
        }
        clients.prepare(fresh.room());
        fresh.start(known, THREADS);
        clients.change(fresh.room(), fresh.mostPerAddress(), new InTurn(fresh.all()));
        old.all().forEach(LanePart::retire);
    }
}

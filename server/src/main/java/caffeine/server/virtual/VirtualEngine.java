package caffeine.server.virtual;

import caffeine.server.App;
import caffeine.server.ServerOptions;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.log.Log;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.script.HandlerSlots;
import caffeine.server.script.SlotCount;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.FileLimits;
import caffeine.server.service.Keeper;
import caffeine.server.service.ProcessShare;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;

/**
 * A virtual thread for each connection, in blocking style, over the JDK's sockets. What needs one
 * thread at a time, which is everything but reading and writing, happens in lanes: a few more than
 * there are carriers, so that those seldom meet.
 */
public final class VirtualEngine implements Engine {

    private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";
    private static final int LANES_PER_THREAD = 4;
    private static final int MOST_LANES = 64;

    private final VirtualOptions options;
    private final ThreadFactory threads =
            Thread.ofVirtual().inheritInheritableThreadLocals(false).factory();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Keeper keeper;
    private volatile @Nullable Logs logs;

    public VirtualEngine(VirtualOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "virtual";
    }

    @Override
    public synchronized SocketAddress start(Bound bound) throws StartException {
        if (keeper != null) {
            throw new IllegalStateException("started twice");
        }
        if (System.getProperty(PARALLELISM) == null) {
            System.setProperty(PARALLELISM, Integer.toString(options.threads()));
        }
        LogFiles files = LogFiles.open(options.server().log());
        Logs opened = Logs.open("server", options.server().log(), files);
        files.close();
        ChannelListener listener;
        try {
            listener = ChannelListener.open(options.server().network());
        } catch (StartException e) {
            opened.close();
            throw e;
        }
        List<LanePart> lanes = new ArrayList<>();
        Keeper made;
        try {
            bound.bound(listener.address());
            made = make(listener, lanes, opened);
        } catch (StartException e) {
            listener.close();
            opened.close();
            throw e;
        } catch (RuntimeException e) {
            lanes.forEach(LanePart::close);
            listener.close();
            opened.close();
            throw new StartException("the server cannot start: " + reason(e));
        }
        keeper = made;
        logs = opened;
        for (LanePart lane : lanes) {
            new Thread(() -> made.partEnded(lane.run()), "lane-" + (lane.index + 1)).start();
        }
        new Thread(() -> keep(made, opened), "keeper").start();
        return listener.address();
    }

    private static String reason(RuntimeException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage());
    }

    /** Scripts are driven by one thread: their processes and pipes are native descriptors. */
    private int laneCount() {
        return options.server().app() == App.SCRIPTS
                ? 1
                : Math.min(MOST_LANES, LANES_PER_THREAD * options.threads());
    }

    /** Makes all that {@link #start} starts; adds the lanes as they are made. */
    private Keeper make(ChannelListener listener, List<LanePart> lanes, Logs logs) {
        ServerOptions server = options.server().withBind(listener.address());
        int count = laneCount();
        List<HandlerSlots> slots =
                HandlerSlots.inProcess(
                        count, SlotCount.of(server), lane -> lanes.get(lane).slotFreed());
        ProcessShare share =
                ProcessShare.of(
                        options.ownsProcess() ? FileLimits.raise() : FileLimits.asTheyAre(),
                        count,
                        server.limits().connections(),
                        server.limits());
        AddressCounts addresses = new AddressCounts();
        BufferPool large = new BufferPool(2 * options.threads());
        for (int i = 0; i < count; i++) {
            lanes.add(
                    new LanePart(i, server, logs, slots.get(i), share, addresses, large, threads));
        }
        EventLoop loop = new EventLoop(SelectorPoller.open(), Clock.SYSTEM);
        Log log = logs.log();
        Keeper made = new Keeper(loop, log, lanes, options.ownsProcess());
        ChannelAcceptor door =
                new ChannelAcceptor(
                        loop,
                        log,
                        listener,
                        share.room(),
                        addresses,
                        server.connectionsPerAddress(),
                        new RefusedChannels(threads, server.errorPages()),
                        new InTurn(lanes));
        made.keep(door);
        door.start();
        return made;
    }

    /** Gives clients to the lanes in turn. */
    private static final class InTurn implements ChannelAcceptor.Taker {

        private final List<LanePart> lanes;
        private int next;

        InTurn(List<LanePart> lanes) {
            this.lanes = List.copyOf(lanes);
        }

        @Override
        public void take(SocketChannel client, ClientAddress address) {
            lanes.get(next).serve(client, address);
            next = (next + 1) % lanes.size();
        }
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

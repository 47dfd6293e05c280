package caffeine.server.virtual;

import caffeine.server.ServerOptions;
import caffeine.server.engine.Engine;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.poll.SelectorPoller;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.Changes;
import caffeine.server.service.FileLimits;
import caffeine.server.service.Keeper;
import caffeine.server.service.OwnedProcess;
import caffeine.server.service.PartGroup;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/**
 * A virtual thread for each connection, in blocking style, over the JDK's sockets. What needs one
 * thread at a time, which is everything but reading and writing, happens in lanes: a few more than
 * there are carriers, so that those seldom meet.
 */
public final class VirtualEngine implements Engine {

    private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

    private final VirtualOptions options;
    private final ThreadFactory threads =
            Thread.ofVirtual().inheritInheritableThreadLocals(false).factory();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Keeper keeper;
    private volatile @Nullable Changes<LanePart> changes;

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
        // It counts for all virtual threads of the process, so whoever shares it decides himself.
        if (options.ownsProcess() && System.getProperty(PARALLELISM) == null) {
            System.setProperty(PARALLELISM, Integer.toString(options.threads()));
        }
        try (LogFiles files = LogFiles.open(options.server().log())) {
            ChannelListener listener = ChannelListener.open(options.server().network());
            OwnedProcess process = null;
            try {
                bound.bound(listener.address());
                process = OwnedProcess.claim(options.ownsProcess());
                start(listener, options.server().withBind(listener.address()), files, process);
            } catch (StartException e) {
                if (process != null) {
                    process.close();
                }
                listener.close();
                throw e;
            }
            return listener.address();
        }
    }

    private void start(
            ChannelListener listener, ServerOptions server, LogFiles files, OwnedProcess process)
            throws StartException {
        FileLimits limits = options.ownsProcess() ? FileLimits.raise() : FileLimits.asTheyAre();
        AddressCounts addresses = new AddressCounts();
        LaneGroups groups = new LaneGroups(limits, addresses, threads, options.handler());
        PartGroup<LanePart> lanes = groups.make(server, options.threads(), files);
        Logs logs = Logs.open("server", server.log().withoutAccess(), files);
        RefusedChannels refused = new RefusedChannels(threads, Clock.SYSTEM, server.errorPages());
        EventLoop loop = null;
        try {
            loop = new EventLoop(SelectorPoller.open(), Clock.SYSTEM);
            Keeper made = new Keeper(loop, logs.log(), lanes.all(), options.ownsProcess());
            ChannelAcceptor door =
                    new ChannelAcceptor(
                            loop,
                            logs.log(),
                            listener,
                            lanes.room(),
                            addresses,
                            lanes.mostPerAddress(),
                            refused,
                            new InTurn(lanes.all()));
            made.keep(door);
            Changes<LanePart> opened = new Changes<>(made, logs, groups, lanes, files);
            door.start();
            groups.start(made, door, lanes);
            keeper = made;
            changes = opened;
            new Thread(() -> keep(made, opened, refused, process), "keeper").start();
        } catch (StartException | RuntimeException e) {
            lanes.close();
            logs.close();
            if (loop != null) {
                loop.close();
            }
            throw e instanceof StartException reason
                    ? reason
                    : new StartException("the server cannot start: " + PartGroup.reason(e));
        }
    }

    private void keep(
            Keeper made, Changes<LanePart> opened, RefusedChannels refused, OwnedProcess process) {
        try {
            made.run();
        } finally {
            refused.close();
            opened.close();
            process.close();
            ended.countDown();
        }
    }

    @Override
    public boolean reload(ServerOptions server, int size, Consumer<Boolean> done) {
        Changes<LanePart> known = changes;
        if (known != null) {
            known.reload(server, size, done);
        }
        return true;
    }

    @Override
    public void reopenLogs() {
        Changes<LanePart> known = changes;
        if (known != null) {
            known.reopenLogs();
        }
    }

    @Override
    public void probe(Runnable answered) {
        Keeper running = keeper;
        if (running != null) {
            running.probe(answered);
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

package caffeine.server.sharded;

import caffeine.os.Descriptors;
import caffeine.server.core.ClientAddress;
import caffeine.server.log.EventLog;
import caffeine.server.log.Log;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ErrorPages;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.EpollPoller;
import caffeine.server.script.HandlerSlots;
import caffeine.server.service.Acceptor;
import caffeine.server.service.AddressCounts;
import caffeine.server.service.ClientLoop;
import caffeine.server.service.ConnectionLimit;
import caffeine.server.service.ProcessShare;
import caffeine.server.service.Reserve;
import caffeine.server.service.Supervisor;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One thread with its own loop, and with its own listeners unless clients are assigned to it. */
final class Shard implements Acceptor.Taker, Supervisor.ServingThread {

    private final int index;
    private final Log log;
    private final EventLog events;
    private final EventLoop loop;
    private final ClientLoop clients;
    private final ConnectionLimit room;
    private final AddressCounts addresses;
    private final Reserve reserve;
    private final int mostPerAddress;
    private final ErrorPages errorPages;
    private final AtomicInteger connected = new AtomicInteger();

    /** Null while it has no listener. */
    private @Nullable Acceptor acceptor;

    Shard(
            int index,
            ServerOptions options,
            Logs logs,
            HandlerSlots slots,
            ProcessShare share,
            AddressCounts addresses,
            Reserve reserve) {
        this.index = index;
        this.room = share.room();
        this.addresses = addresses;
        this.reserve = reserve;
        this.errorPages = options.errorPages();
        this.mostPerAddress = options.connectionsPerAddress();
        this.log = logs.log();
        this.events = logs.events();
        this.loop = new EventLoop(EpollPoller.open(), Clock.SYSTEM, this::mistake);
        try {
            this.clients = new ClientLoop(options, loop, events, slots, share, this::clientGone);
        } catch (Throwable e) {
            loop.close();
            throw e;
        }
        room.whenShort(() -> loop.execute(clients::closeIdleWhenShort));
        room.whenFree(() -> loop.execute(() -> withAcceptor(Acceptor::resume)));
        room.whenExhausted(() -> loop.execute(clients::descriptorsExhausted));
    }

    /** Accepts clients of a listener from now on. Before {@link #run}, or on its own thread. */
    void accept(Listener listener) {
        Acceptor known = acceptor;
        if (known != null) {
            known.add(listener);
            return;
        }
        Acceptor made =
                new Acceptor(
                        loop,
                        log,
                        List.of(listener),
                        this,
                        reserve,
                        mostPerAddress > 0 ? a -> addresses.tryAdd(a, mostPerAddress) : null);
        made.answerErrorsWith(errorPages);
        acceptor = made;
        made.start();
    }

    private void withAcceptor(Consumer<Acceptor> action) {
        Acceptor known = acceptor;
        if (known != null) {
            action.accept(known);
        }
    }

    @Override
    public @Nullable Throwable run() {
        try {
            clients.run();
            return null;
        } catch (Throwable e) {
            mistake(e);
            return e;
        } finally {
            close();
        }
    }

    private void mistake(Throwable e) {
        events.mistake("shard " + (index + 1), e);
    }

    /** Releases what a shard has; for one that never ran, all of it. */
    @Override
    public void close() {
        withAcceptor(Acceptor::close);
        clients.close();
        loop.close();
    }

    // ---- from any thread

    @Override
    public boolean execute(Runnable task) {
        return loop.execute(task);
    }

    /** A handler slot is free for this shard. */
    void slotFreed() {
        loop.execute(clients::slotFreed);
    }

    /** How many clients it has or is about to have. */
    int connected() {
        return connected.get();
    }

    /** Gives it a client, with its place in the room. When it has ended, the client is closed. */
    void assign(int fd, ClientAddress from) {
        connected.incrementAndGet();
        if (!loop.execute(() -> clients.serve(fd, from))) {
            Descriptors.close(fd);
            room.give();
            clientGone(from);
        }
    }

    @Override
    public void drain() {
        loop.execute(
                () -> {
                    withAcceptor(Acceptor::stop);
                    clients.drain();
                });
    }

    /** Takes over a listener; false when it has ended, and the listener stays the caller's. */
    boolean takeOver(Listener listener) {
        return loop.execute(() -> accept(listener));
    }

    /**
     * Takes no more clients, and ends when those that it has had their chance to ask once more.
     *
     * @param left called once with its listeners, which it has left open; on its thread, or here
     *     and with none when it has ended
     */
    void retire(Consumer<List<Listener>> left) {
        boolean runs =
                loop.execute(
                        () -> {
                            Acceptor known = acceptor;
                            acceptor = null;
                            left.accept(known == null ? List.of() : known.leave());
                            clients.retire();
                        });
        if (!runs) {
            left.accept(List.of());
        }
    }

    @Override
    public void cut() {
        loop.execute(clients::cut);
    }

    // ---- on its own thread

    @Override
    public boolean runs(int pid) {
        return clients.runs(pid);
    }

    @Override
    public boolean reserve() {
        return room.tryTake();
    }

    @Override
    public void exhausted() {
        room.exhausted();
    }

    @Override
    public void cancel() {
        room.give();
    }

    @Override
    public void take(int fd, MemorySegment sockaddr) {
        connected.incrementAndGet();
        clients.serve(fd, Listener.client(sockaddr));
    }

    private void clientGone(ClientAddress client) {
        connected.decrementAndGet();
        InetAddress address = client.network();
        if (address != null && mostPerAddress > 0) {
            addresses.remove(address);
        }
    }
}

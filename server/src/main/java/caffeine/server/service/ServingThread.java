package caffeine.server.service;

import caffeine.server.core.ClientAddress;
import caffeine.server.log.EventLog;
import caffeine.server.log.Log;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.Poller;
import caffeine.server.script.HandlerSlots;
import caffeine.server.socket.ClientListener;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A thread with a loop and its clients. It accepts them itself, at listeners that are given to it,
 * or gets them from the supervisor's thread, which accepts for all.
 *
 * @param <L> what kind of sockets its clients come from
 */
public abstract class ServingThread<L extends ClientListener>
        implements Acceptor.Taker<L>, AdoptedChildren.Claimant {

    /**
     * What one is made with.
     *
     * @param name {@code shard 1}
     * @param slots its view of the handler slots
     * @param share what all threads of its generation share
     * @param addresses clients by their addresses, of all generations
     * @param reserve given up while there are no descriptors
     */
    public record Setup(
            String name,
            ServerOptions server,
            Logs logs,
            HandlerSlots slots,
            ProcessShare share,
            AddressCounts addresses,
            Reserve reserve) {}

    private final Setup setup;
    private final int mostPerAddress;
    private final Log log;
    private final EventLog events;
    private final EventLoop loop;
    private final ClientLoop clients;
    private final AtomicInteger connected = new AtomicInteger();

    /** Null while it has no listener. */
    private @Nullable Acceptor<L> acceptor;

    /** Listeners that its loop has left behind, which ended by a mistake. */
    private List<L> left = List.of();

    /**
     * @param poller of its loop; this object takes ownership
     */
    protected ServingThread(Setup setup, Poller poller) {
        this.setup = setup;
        this.mostPerAddress = setup.server().connectionsPerAddress();
        this.log = setup.logs().log();
        this.events = setup.logs().events();
        this.loop = new EventLoop(poller, Clock.SYSTEM, this::mistake);
        try {
            this.clients =
                    new ClientLoop(
                            setup.server(),
                            loop,
                            events,
                            setup.slots(),
                            setup.share(),
                            this::clientGone);
        } catch (Throwable e) {
            loop.close();
            throw e;
        }
    }

    protected final Setup setup() {
        return setup;
    }

    protected final EventLoop loop() {
        return loop;
    }

    protected final ClientLoop clients() {
        return clients;
    }

    protected final void mistake(Throwable e) {
        events.mistake(setup.name(), e);
    }

    // ---- the run

    /**
     * Serves, on a thread of its own, until it ends.
     *
     * @return null when it was told to end, else the mistake that ended it
     */
    public @Nullable Throwable run() {
        try {
            serve(clients);
            return null;
        } catch (Throwable e) {
            mistake(e);
            abandon();
            return e;
        } finally {
            close();
        }
    }

    /** Turns the loop until it ends. */
    protected void serve(ClientLoop own) {
        own.run();
    }

    /** Leaves its listeners open, and ends its scripts, which no loop watches any more. */
    private void abandon() {
        try {
            Acceptor<L> known = acceptor;
            acceptor = null;
            left = known == null ? List.of() : known.leave();
            clients.abandon();
        } catch (Throwable e) {
            mistake(e);
        }
    }

    /** The listeners that it left open when a mistake ended it. Once it has ended. */
    final List<L> left() {
        return left;
    }

    /** Releases what it has; for one that never ran, all of it. */
    final void close() {
        withAcceptor(Acceptor::close);
        clients.close();
        loop.close();
    }

    private void withAcceptor(Consumer<Acceptor<L>> action) {
        Acceptor<L> known = acceptor;
        if (known != null) {
            action.accept(known);
        }
    }

    // ---- from any thread

    @Override
    public final boolean execute(Runnable task) {
        return loop.execute(task);
    }

    /** How many clients it has or is about to have. */
    public final int connected() {
        return connected.get();
    }

    /** Accepts the clients of a listener from now on; false when it has ended, and does not. */
    final boolean takeOver(L listener) {
        return loop.execute(() -> accept(listener));
    }

    private void accept(L listener) {
        Acceptor<L> known = acceptor;
        if (known != null) {
            known.add(listener);
            return;
        }
        Acceptor<L> made =
                new Acceptor<>(
                        loop,
                        log,
                        List.of(listener),
                        this,
                        setup.reserve(),
                        setup.addresses().admission(mostPerAddress));
        made.serve(setup.server());
        acceptor = made;
        made.start();
    }

    /** A handler slot is free for it. */
    final void slotFreed() {
        loop.execute(clients::slotFreed);
    }

    final void roomIsFree() {
        loop.execute(() -> withAcceptor(Acceptor::resume));
    }

    final void roomIsShort() {
        loop.execute(clients::closeIdleWhenShort);
    }

    final void descriptorsExhausted() {
        loop.execute(clients::descriptorsExhausted);
    }

    /** Takes no more clients, and ends when those that it has are answered. */
    public final void drain() {
        loop.execute(
                () -> {
                    withAcceptor(Acceptor::stop);
                    clients.drain();
                });
    }

    /**
     * Takes no more clients, and ends when those that it has had their chance to ask once more.
     *
     * @param listeners called once with its listeners, which it has left open; on its thread, or
     *     here and with none when it has ended
     */
    final void retire(Consumer<List<L>> listeners) {
        boolean runs =
                loop.execute(
                        () -> {
                            Acceptor<L> known = acceptor;
                            acceptor = null;
                            listeners.accept(known == null ? List.of() : known.leave());
                            clients.retire();
                        });
        if (!runs) {
            listeners.accept(List.of());
        }
    }

    /** Ends what runs, at once. */
    final void cut() {
        loop.execute(clients::cut);
    }

    // ---- clients

    @Override
    public final boolean reserve() {
        return setup.share().room().tryTake();
    }

    @Override
    public final void exhausted() {
        setup.share().room().exhausted();
    }

    @Override
    public final void cancel() {
        setup.share().room().give();
    }

    /** Whether it accepts its clients itself. On its own thread. */
    protected final boolean accepts() {
        return acceptor != null;
    }

    /** A client is its own from now on. On the thread that accepts. */
    protected final void came() {
        connected.incrementAndGet();
    }

    /** A client that came found the loop ended, and was closed. */
    protected final void lost(ClientAddress client) {
        cancel();
        clientGone(client);
    }

    private void clientGone(ClientAddress client) {
        connected.decrementAndGet();
        InetAddress address = client.network();
        if (address != null && mostPerAddress > 0) {
            setup.addresses().remove(address);
        }
    }

    @Override
    public final boolean runs(int pid) {
        return clients.runs(pid);
    }
}

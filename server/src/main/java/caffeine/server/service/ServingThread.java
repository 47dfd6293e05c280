package caffeine.server.service;

import caffeine.server.core.ClientAddress;
import caffeine.server.log.EventLog;
import caffeine.server.log.Log;
import caffeine.server.log.Logs;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.Poller;
import caffeine.server.slots.HandlerSlots;
import caffeine.server.socket.ClientListener;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A thread with a loop and its clients. It accepts clients at its own listeners, or gets them from
 * the supervisor's thread, which accepts for all.
 *
 * @param <L> the kind of listening sockets
 */
public abstract class ServingThread<L extends ClientListener>
        implements Acceptor.Taker<L>, AdoptedChildren.Claimant {

    /**
     * The arguments of one.
     *
     * @param name {@code shard 1}
     * @param slots its view of the handler slots
     * @param share what all threads of its generation share
     * @param addresses clients by their addresses, of all generations
     * @param reserve given up while there are no descriptors
     * @param pollers makes the pollers of the engine
     */
    public record Setup(
            String name,
            ServerOptions server,
            Logs logs,
            HandlerSlots slots,
            ProcessShare share,
            AddressCounts addresses,
            Reserve reserve,
            Supplier<Poller> pollers) {}

    private final Setup setup;
    private final int mostPerAddress;
    private final Log log;
    private final EventLog events;
    private final EventLoop loop;
    private final ClientLoop clients;
    private final AtomicInteger connected = new AtomicInteger();

    /** Null while it has no listener. */
    private @Nullable Acceptor<L> acceptor;

    /** Listeners of its loop, which has failed. */
    private List<L> left = List.of();

    /** One whose loop has a poller as the engine makes them. */
    protected ServingThread(Setup setup) {
        this(setup, setup.pollers().get());
    }

    /**
     * @param poller of its loop; takes ownership
     */
    protected ServingThread(Setup setup, Poller poller) {
        this(setup, poller, false);
    }

    /**
     * @param poller of its loop; takes ownership
     * @param apart whether each client is driven by any thread, in a lane of its own
     */
    ServingThread(Setup setup, Poller poller, boolean apart) {
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
                            this::clientGone,
                            apart);
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
     * Serves, on its own thread, until it ends.
     *
     * @return null after a stop, else the failure of its loop
     */
    public @Nullable Throwable run() {
        Throwable failure = null;
        try {
            serve(clients);
        } catch (Throwable e) {
            failure = e;
        }
        end(failure);
        return failure;
    }

    /** Its loop has ended: null after a stop, else its failure. */
    final void end(@Nullable Throwable failure) {
        try {
            if (failure != null) {
                mistake(failure);
                abandon();
            }
        } finally {
            close();
        }
    }

    /** Runs the loop until it ends. */
    protected void serve(ClientLoop own) {
        own.run();
    }

    /**
     * After a failure: leaves its listeners open, and ends its scripts, which no loop watches any
     * more.
     */
    private void abandon() {
        try {
            Acceptor<L> known = acceptor;
            acceptor = null;
            left = known == null ? List.of() : known.detach();
            clients.abandon();
        } catch (Throwable e) {
            mistake(e);
        }
    }

    /** The listeners that it left open after a failure. Once it has ended. */
    final List<L> left() {
        return left;
    }

    /** Releases everything; for one that never ran. */
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

    /** The number of its clients, including those on the way to it. */
    public final int connected() {
        return connected.get();
    }

    /** Accepts clients at a listener from now on; false when it has ended. */
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

    /** Drains: takes no more clients, and ends when its requests are answered. */
    public final void drain() {
        loop.execute(
                () -> {
                    withAcceptor(Acceptor::stop);
                    clients.drain();
                });
    }

    /**
     * Drains for a reload: its clients may send one more request.
     *
     * @param listeners called once with its listeners, which stay open; on its thread, or here and
     *     with none when it has ended
     */
    final void retire(Consumer<List<L>> listeners) {
        boolean runs =
                loop.execute(
                        () -> {
                            Acceptor<L> known = acceptor;
                            acceptor = null;
                            listeners.accept(known == null ? List.of() : known.detach());
                            clients.retire();
                        });
        if (!runs) {
            listeners.accept(List.of());
        }
    }

    /** Ends everything at once. */
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

    /** Counts a client as its own. On the accepting thread. */
    protected final void came() {
        connected.incrementAndGet();
    }

    /** Counts clients as no longer its own, which another one takes. */
    final void left(int count) {
        connected.addAndGet(-count);
    }

    /** A client was closed, because the loop had ended. */
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

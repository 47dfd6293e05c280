package caffeine.server.service;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.log.Traces;
import caffeine.server.options.LogLevel;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.poll.Poller;
import caffeine.server.socket.ChannelListener;
import caffeine.server.socket.ClientListener;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The shell of engines of threads. Either each thread accepts at its own listeners, or the
 * supervisor's thread accepts for all, and gives each client to the thread with the fewest.
 *
 * <p>Listeners stay open at a reload and after a failed thread, because closing one would reset the
 * clients that wait at it. Each passes from its old thread to a current one; clients in between
 * wait in the kernel's queue.
 *
 * @param <L> the kind of listening sockets
 */
public abstract class ThreadedEngine<L extends ClientListener>
        extends EngineShell<ThreadGeneration<L>> {

    /** The source of clients. */
    public interface Listening<L> {
        /**
         * Binds and listens, with several sockets at each address.
         *
         * @return a group for each address, in their order
         * @throws StartException with the reason and the next step; nothing is open then
         */
        List<List<L>> open(int count) throws StartException;

        /**
         * Opens one more of a group.
         *
         * @throws StartException with the reason
         */
        default L another(L first) throws StartException {
            throw new StartException("there is one socket at an address");
        }
    }

    /**
     * A socket of the JDK at each address.
     *
     * @param engine the name of the engine, for messages
     */
    protected static Listening<ChannelListener> channels(EngineSetup setup, String engine) {
        return _ ->
                ChannelListener.open(setup.server().network(), engine).stream()
                        .map(List::of)
                        .toList();
    }

    private record Sockets(NetworkOptions network) implements Listening<Listener> {
        @Override
        public List<List<Listener>> open(int count) throws StartException {
            return Listener.openGroups(network, count);
        }

        @Override
        public Listener another(Listener first) throws StartException {
            return Listener.another(first);
        }
    }

    /** Raw sockets, several at each address. */
    protected static Listening<Listener> sockets(EngineSetup setup) {
        return new Sockets(setup.server().network());
    }

    /** Accepts for all, on the supervisor's loop. */
    private final class Common implements Acceptor.Taker<L> {
        private final Acceptor<L> acceptor;
        private int last;

        Common() {
            List<L> one = listeners.stream().map(List::getFirst).toList();
            acceptor = new Acceptor<>(loop(), log(), one, this, context().reserve(), null);
        }

        @Override
        public boolean reserve() {
            return current().room().tryTake();
        }

        /** A second try would look as if a client waited. */
        @Override
        public int mostPerTurn() {
            return current().room().isSingle() ? 1 : Acceptor.Taker.super.mostPerTurn();
        }

        @Override
        public void exhausted() {
            current().room().exhausted();
        }

        @Override
        public void cancel() {
            current().room().give();
        }

        /** Among several with equally few clients, they take turns. */
        @Override
        public void take(L listener) {
            List<ServingThread<L>> threads = current().threads();
            int emptiest = -1;
            for (int i = 1; i <= threads.size(); i++) {
                int place = (last + i) % threads.size();
                if (emptiest < 0
                        || threads.get(place).connected() < threads.get(emptiest).connected()) {
                    emptiest = place;
                }
            }
            last = emptiest;
            threads.get(emptiest).take(listener);
        }
    }

    private final String threadName;
    private final Listening<L> listening;
    private final boolean ownListeners;
    private final List<List<L>> listeners = new ArrayList<>();
    private @Nullable Common common;

    /** Of this process, which serves; a parent of workers leaves its own as it is for them. */
    private @Nullable FileLimits limits;

    /**
     * @param threadName the name of its threads, before a number
     * @param ownListeners whether each thread accepts at its own listeners
     */
    protected ThreadedEngine(
            EngineDescription description,
            EngineSetup setup,
            String threadName,
            Supplier<Poller> pollers,
            Listening<L> listening,
            boolean ownListeners) {
        super(description, setup, "threads", pollers);
        this.threadName = threadName;
        this.listening = listening;
        this.ownListeners = ownListeners;
    }

    /** The descriptors of this process. */
    final synchronized FileLimits limits() {
        FileLimits known = limits;
        if (known == null) {
            known = setup().ownsProcess() ? FileLimits.raise() : FileLimits.asTheyAre();
            limits = known;
        }
        return known;
    }

    /** Creates a thread, not started. */
    protected abstract ServingThread<L> thread(ServingThread.Setup setup);

    /** How many threads there are for a size. */
    protected int threads(ServerOptions server, int size) {
        return size;
    }

    /** The listeners at each address for so many threads; 0: the supervisor's thread accepts. */
    protected int listeners(int threads) {
        return ownListeners ? threads : 0;
    }

    /**
     * Makes the pool whose threads drive all loops of a generation; null: each has its own thread.
     * Then {@link #thread} is not called.
     *
     * @param size how many threads
     */
    protected @Nullable LanePool pool(ServerOptions server, int size) {
        return null;
    }

    final String threadName() {
        return threadName;
    }

    @Override
    protected List<SocketAddress> listen(OpenResources opened) throws StartException {
        // those of a reload, too
        opened.add(() -> listeners.forEach(group -> group.forEach(ClientListener::close)));
        listeners.addAll(listening.open(Math.max(1, listeners(setup().size()))));
        return listeners.stream().map(group -> group.getFirst().address()).toList();
    }

    @Override
    protected final ThreadGeneration<L> make(ServerOptions server, int size, LogFiles files)
            throws StartException {
        ThreadGeneration<L> made = new ThreadGeneration<>(this, server, size, files);
        if (acceptsForAll()) {
            made.room().whenFree(() -> loop().execute(this::resume));
        }
        return made;
    }

    private boolean acceptsForAll() {
        return listeners(setup().size()) == 0;
    }

    private void resume() {
        if (common != null) {
            common.acceptor.resume();
        }
    }

    @Override
    protected final List<ServingThread<L>> claimants() {
        List<ServingThread<L>> all = new ArrayList<>();
        generations().forEach(generation -> all.addAll(generation.threads()));
        return all;
    }

    @Override
    protected final void hand(
            @Nullable ThreadGeneration<L> old, ThreadGeneration<L> fresh, Runnable done) {
        if (acceptsForAll()) {
            acceptFor(fresh);
        } else if (old == null) {
            listeners.forEach(group -> group.forEach(this::hand));
        } else {
            listeners.forEach(
                    group -> listenWithAsManyAs(listeners(fresh.threads().size()), group));
        }
        if (old == null) {
            return;
        }
        AtomicInteger accepting = new AtomicInteger(old.threads().size());
        old.retire(
                left ->
                        loop().execute(
                                        () -> {
                                            left.forEach(this::hand);
                                            if (accepting.decrementAndGet() == 0) {
                                                done.run();
                                            }
                                        }));
    }

    private void acceptFor(ThreadGeneration<L> fresh) {
        Common known = common;
        Common accepts = known == null ? new Common() : known;
        common = accepts;
        accepts.acceptor.serve(fresh.server());
        accepts.acceptor.admit(
                context().addresses().admission(fresh.server().connectionsPerAddress()));
        if (known == null) {
            accepts.acceptor.start();
        } else {
            accepts.acceptor.resume();
        }
    }

    /** A listener without a thread: a current thread takes it. */
    private void hand(L listener) {
        int place =
                listeners.stream().mapToInt(group -> group.indexOf(listener)).max().orElseThrow();
        List<ServingThread<L>> threads = current().threads();
        if (!isRunning() || !threads.get(place % threads.size()).takeOver(listener)) {
            listener.close();
        }
    }

    private void listenWithAsManyAs(int count, List<L> group) {
        try {
            while (group.size() < count) {
                L more = listening.another(group.getFirst());
                group.add(more);
                hand(more);
            }
        } catch (StartException e) {
            log().line(
                            LogLevel.WARN,
                            "reload",
                            e.getMessage()
                                    + "; some threads have no clients until the next reload");
        }
    }

    /** A thread has ended: null after a stop, else its failure. */
    final void threadEnded(
            ThreadGeneration<L> generation, ServingThread<L> thread, @Nullable Throwable mistake) {
        context().adopted().gone(thread);
        if (mistake != null && generation == current() && isRunning()) {
            if (generation.replace(thread)) {
                log().line(
                                LogLevel.ERROR,
                                "server",
                                "a thread ended; another serves in its place: "
                                        + Traces.describe(mistake));
            } else {
                fail(mistake, "a thread ended, so the server ends: ");
            }
        }
        thread.left().forEach(this::hand);
        generation.ended();
        if (failure() != null && isRunning()) {
            drain();
        }
        partEnded();
    }

    /** The threads of a pool can wait for nothing more. */
    final void poolFailed(ThreadGeneration<L> generation, Throwable mistake) {
        if (generation == current() && isRunning()) {
            fail(mistake, "threads failed, so the server ends: ");
            drain();
        }
    }

    @Override
    protected final void stopAccepting() {
        if (common != null) {
            current().room().admitWaiting();
            common.acceptor.stop();
        }
    }
}

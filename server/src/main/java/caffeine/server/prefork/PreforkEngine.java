package caffeine.server.prefork;

import caffeine.http.Fields;
import caffeine.os.Errno;
import caffeine.server.engine.Engine;
import caffeine.server.engine.OpenResources;
import caffeine.server.engine.Preload;
import caffeine.server.engine.StartException;
import caffeine.server.log.LogFiles;
import caffeine.server.options.ServerOptions;
import caffeine.server.service.OwnedProcess;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * A parent that accepts and hands each client's descriptor to the readiest of its worker processes.
 * This class is the parent's outside; {@link Parent} is its loop.
 */
public final class PreforkEngine implements Engine {

    private final PreforkOptions options;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Parent parent;

    public PreforkEngine(PreforkOptions options) {
        this.options = options;
    }

    @Override
    public String name() {
        return "prefork";
    }

    @Override
    public synchronized List<SocketAddress> start(Bound bound) throws StartException {
        if (parent != null) {
            throw new IllegalStateException("started twice");
        }
        OpenResources opened = new OpenResources();
        List<Listener> listeners;
        List<SocketAddress> addresses;
        Parent started;
        try {
            Preload.classesBeside(Errno.class, Fields.class, Engine.class);
            Preload.addresses();
            listeners = Listener.open(options.server().network());
            listeners.forEach(opened::add);
            addresses = listeners.stream().map(Listener::address).toList();
            LogFiles files = opened.add(LogFiles.open(options.server().log()));
            bound.bound(addresses);
            opened.add(OwnedProcess.claim(true));
            ControlSocket control = opened.add(ControlSocket.open(options.controlDirectory()));
            started = new Parent(options, listeners, control, files, opened);
            new Thread(() -> run(started, opened), "parent").start();
            parent = started;
        } catch (Throwable e) {
            StartException reason = StartException.of(e);
            try (opened) {
                throw reason; // what closing throws is suppressed
            }
        }
        try {
            started.awaitReady();
        } catch (StartException e) {
            started.stop();
            awaitEndQuietly();
            throw e;
        }
        return addresses;
    }

    /** Everything that the start opened is closed here, once the workers are gone. */
    private void run(Parent started, OpenResources opened) {
        try (opened) {
            started.run();
        } finally {
            ended.countDown();
        }
    }

    private void awaitEndQuietly() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean reload(ServerOptions server, int workers, Consumer<Boolean> done) {
        Parent running = parent;
        if (running != null) {
            running.reload(
                    new PreforkOptions(
                            server, workers, options.javaCommand(), options.controlDirectory()),
                    done);
        }
        return true;
    }

    @Override
    public void reopenLogs() {
        Parent running = parent;
        if (running != null) {
            running.reopenLogs();
        }
    }

    /** The parent's thread alone: what a worker's does it looks after itself. */
    @Override
    public void probe(Runnable answered) {
        Parent running = parent;
        if (running != null) {
            running.probe(answered);
        }
    }

    /** A second call ends running exchanges at once. */
    @Override
    public void stop() {
        Parent running = parent;
        if (running != null) {
            running.stop();
        }
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        ended.await();
    }

    @Override
    public @Nullable Throwable failure() {
        Parent known = parent;
        return known == null ? null : known.failure();
    }
}

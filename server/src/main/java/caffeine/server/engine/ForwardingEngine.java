package caffeine.server.engine;

import caffeine.server.options.ServerOptions;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.util.List;
import java.util.function.Consumer;

/** An engine under a name of its own, and with options of its own, that another one runs. */
public abstract class ForwardingEngine implements Engine {

    private final Engine engine;

    protected ForwardingEngine(Engine engine) {
        this.engine = engine;
    }

    @Override
    public final String name() {
        return engine.name();
    }

    @Override
    public final List<SocketAddress> start(Bound bound) throws StartException {
        return engine.start(bound);
    }

    @Override
    public final void stop() {
        engine.stop();
    }

    @Override
    public final boolean reload(ServerOptions options, int parts, Consumer<Boolean> done) {
        return engine.reload(options, parts, done);
    }

    @Override
    public final void reopenLogs() {
        engine.reopenLogs();
    }

    @Override
    public final void probe(Runnable answered) {
        engine.probe(answered);
    }

    @Override
    public final void awaitEnd() throws InterruptedException {
        engine.awaitEnd();
    }

    @Override
    public final @Nullable Throwable failure() {
        return engine.failure();
    }
}

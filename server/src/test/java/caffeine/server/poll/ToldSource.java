package caffeine.server.poll;

import java.nio.channels.SelectableChannel;
import java.util.function.IntConsumer;

/** Passes on what it is told, and then does what the test wants. */
final class ToldSource extends Source {

    /** Hears what sources are told. */
    interface Ear {
        void told(int readiness, long nowNs);
    }

    private final Ear ear;
    IntConsumer action = _ -> {};

    /** Takes its mistakes; by default they go on to the loop. */
    boolean takesMistakes;

    Throwable mistake = new IllegalStateException("never");

    ToldSource(int fd, Ear ear) {
        super(fd);
        this.ear = ear;
    }

    ToldSource(SelectableChannel channel, Ear ear) {
        super(channel);
        this.ear = ear;
    }

    @Override
    protected void ready(int readiness, long nowNs) {
        ear.told(readiness, nowNs);
        action.accept(readiness);
    }

    @Override
    protected void broken(Throwable e) {
        if (!takesMistakes) {
            super.broken(e);
        }
        mistake = e;
    }
}

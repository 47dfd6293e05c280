package caffeine.server.virtual;

import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Timer;

/**
 * Closes a connection between two requests. What its thread is just reading nobody else can know,
 * so it closes when for a moment nothing has come up, neither from the thread nor in the kernel: a
 * client that has sent a request gets its answer.
 */
final class QuietClose extends Timer {

    private static final long MOMENT_NS = 20_000_000L;

    private final ChannelTransport transport;
    private final EventLoop loop;

    QuietClose(ChannelTransport transport, EventLoop loop) {
        this.transport = transport;
        this.loop = loop;
    }

    void begin() {
        loop.timers().schedule(this, loop.nowNs() + MOMENT_NS);
    }

    @Override
    protected void expired(long nowNs) {
        if (transport.isIdle() && transport.hasInput()) {
            begin();
        } else if (transport.isOpen()) {
            transport.connection().drain();
        }
    }
}

package caffeine.server.service;

import caffeine.server.core.ClientAddress;
import caffeine.server.loop.Clock;
import caffeine.server.loop.EventLoop;
import caffeine.server.loop.Lane;
import caffeine.server.socket.Listener;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/**
 * Clients that the threads of a pool drive. The group has a lane, for its acceptor and its end.
 * With scripts all of its clients are in this lane, because they share a handler; otherwise each
 * client has a lane of its own, so that a handler that blocks holds up no other client.
 */
public final class LaneGroup extends ServingThread<Listener> {

    private final LanePool pool;
    private final Lane lane;
    private final boolean apart;
    private Consumer<@Nullable Throwable> ended = _ -> {};

    /**
     * @param apart whether each client has its own lane
     */
    public LaneGroup(Setup setup, LanePool pool, boolean apart) {
        this(setup, pool, new Lane(pool.kernel(), pool), apart);
    }

    private LaneGroup(Setup setup, LanePool pool, Lane lane, boolean apart) {
        super(setup, lane, apart);
        this.pool = pool;
        this.lane = lane;
        this.apart = apart;
        lane.drives(loop(), this::over);
    }

    /**
     * Begins; the threads of the pool do the rest.
     *
     * @param whenEnded called once: null after a stop, else the failure
     */
    void start(Consumer<@Nullable Throwable> whenEnded) {
        ended = whenEnded;
        lane.wakeup();
    }

    private void over(@Nullable Throwable failure) {
        Throwable reason = failure;
        pool.closed(this);
        try {
            end(failure);
        } catch (Throwable e) {
            reason = reason == null ? e : reason;
        }
        ended.accept(reason);
    }

    /** Whether a lane is that of the group itself. */
    boolean isDrivenBy(Lane other) {
        return lane.equals(other);
    }

    @Override
    public int leastPerTurn() {
        return pool.acceptsApart() ? mostPerTurn() : 1;
    }

    /** In the lane of the group that accepts. */
    @Override
    public void take(Listener listener) {
        int fd = listener.client();
        ClientAddress from = listener.clientAddress();
        LaneGroup next = pool.next();
        LaneGroup chosen = next == null ? this : next;
        chosen.came();
        if (!chosen.equals(this)) {
            if (chosen.execute(() -> chosen.clients().serve(fd, from))) {
                return;
            }
            chosen.left(1); // it has ended, before the listeners closed
            came();
        }
        if (apart) {
            serveApart(fd, from);
        } else {
            clients().serve(fd, from);
        }
    }

    private void serveApart(int fd, ClientAddress from) {
        Lane own = new Lane(pool.kernel(), pool);
        own.drives(new EventLoop(own, Clock.SYSTEM, this::mistake), _ -> {});
        pool.opened(own);
        clients().serve(fd, from, own, () -> pool.closed(own));
    }
}

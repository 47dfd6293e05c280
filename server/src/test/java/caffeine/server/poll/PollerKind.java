package caffeine.server.poll;

import java.util.List;
import java.util.function.Supplier;

/** A poller that is held to the contract of all. */
record PollerKind(String name, Supplier<Poller> opener) {

    /** Every poller that there is, one a line. */
    static List<PollerKind> all() {
        return List.of( //
                new PollerKind("epoll", EpollPoller::open));
    }

    Poller open() {
        return opener.get();
    }

    @Override
    public String toString() {
        return name;
    }
}

package caffeine.server.poll;

import java.util.List;
import java.util.function.Supplier;

/**
 * A poller that is held to the contract of all.
 *
 * @param ends makes what this poller can watch
 * @param namesHangUps whether it tells a hang-up as such, and without interest too
 */
record PollerKind(String name, Supplier<Poller> opener, Ends ends, boolean namesHangUps) {

    /** Every poller that there is, one a line. */
    static List<PollerKind> all() {
        return List.of(
                new PollerKind("epoll", EpollPoller::open, Ends.DESCRIPTORS, true),
                new PollerKind("uring", UringPoller::open, Ends.DESCRIPTORS, true),
                new PollerKind("selector", SelectorPoller::open, Ends.CHANNELS, false),
                new PollerKind("mixed", MixedPoller::open, Ends.CHANNELS, false));
    }

    /** Whether it watches channels and descriptors. */
    boolean watchesAll() {
        return name.equals("mixed");
    }

    Poller open() {
        return opener.get();
    }

    @Override
    public String toString() {
        return name;
    }
}

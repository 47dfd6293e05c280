package caffeine.server.poll;

import java.util.function.Supplier;

/** Every poller that there is, one a line: each is held to the same contract. */
enum PollerKind {
    EPOLL(EpollPoller::open);

    private final Supplier<Poller> opener;

    PollerKind(Supplier<Poller> opener) {
        this.opener = opener;
    }

    Poller open() {
        return opener.get();
    }
}

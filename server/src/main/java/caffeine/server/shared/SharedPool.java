package caffeine.server.shared;

import caffeine.os.Processes;
import caffeine.server.poll.SharedEpoll;
import caffeine.server.service.LanePool;

import java.util.ArrayList;
import java.util.List;

/** The threads, which all wait on the one epoll set. */
final class SharedPool extends LanePool {

    private final List<SharedThread> threads = new ArrayList<>();

    /**
     * @param pins whether each thread stays on one processor
     * @param apart whether each connection has a lane of its own
     * @throws IllegalStateException without descriptors, with the reason
     */
    SharedPool(int count, boolean pins, boolean apart) {
        super(SharedEpoll.oneShot(SharedThread.MOST_EVENTS), apart);
        int[] processors = pins ? Processes.availableCpus() : new int[0];
        for (int i = 0; i < count; i++) {
            int processor =
                    processors.length == 0 ? SharedThread.ANY : processors[i % processors.length];
            threads.add(new SharedThread(this, "shared-" + (i + 1), processor));
        }
    }

    @Override
    protected List<SharedThread> threads() {
        return threads;
    }

    /** Wakes a thread, if one waits, for events that this one has not begun. */
    void help() {
        if (isAwaited()) {
            wake();
        }
    }
}

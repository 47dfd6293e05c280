package caffeine.server.service;

import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** How many clients of each network address are connected. Thread-safe. */
public final class AddressCounts {

    private final Map<InetAddress, Integer> counts = new HashMap<>();

    public synchronized int of(InetAddress address) {
        return counts.getOrDefault(address, 0);
    }

    public synchronized void add(InetAddress address) {
        counts.merge(address, 1, Integer::sum);
    }

    /** Counts one more of an address, unless it has that many already. */
    public synchronized boolean tryAdd(InetAddress address, int most) {
        if (of(address) >= most) {
            return false;
        }
        add(address);
        return true;
    }

    /**
     * Admits and counts clients while their address is below a limit.
     *
     * @param most 0: any number; nothing is counted then
     * @return null when any client may connect
     */
    @Nullable Predicate<InetAddress> admission(int most) {
        return most > 0 ? address -> tryAdd(address, most) : null;
    }

    public synchronized void remove(InetAddress address) {
        counts.computeIfPresent(address, (_, count) -> count > 1 ? count - 1 : null);
    }

    /** Subtracts all counts of another one, for a dead worker and its clients. */
    public synchronized void removeAll(AddressCounts others) {
        others.copy()
                .forEach(
                        (address, gone) ->
                                counts.computeIfPresent(
                                        address, (_, count) -> count > gone ? count - gone : null));
    }

    private synchronized Map<InetAddress, Integer> copy() {
        return Map.copyOf(counts);
    }
}

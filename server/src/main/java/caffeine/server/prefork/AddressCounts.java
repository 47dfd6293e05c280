package caffeine.server.prefork;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** How many clients of each network address are connected. */
final class AddressCounts {

    private final Map<InetAddress, Integer> counts = new HashMap<>();

    int of(InetAddress address) {
        return counts.getOrDefault(address, 0);
    }

    void add(InetAddress address) {
        counts.merge(address, 1, Integer::sum);
    }

    void remove(InetAddress address) {
        counts.computeIfPresent(address, (_, count) -> count > 1 ? count - 1 : null);
    }

    /** Takes away all that another one counts, for a worker that is gone with its clients. */
    void removeAll(AddressCounts others) {
        others.counts.forEach(
                (address, gone) ->
                        counts.computeIfPresent(
                                address, (_, count) -> count > gone ? count - gone : null));
    }
}

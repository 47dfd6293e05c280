package caffeine.server;

import caffeine.http.Limits;

/**
 * The sizes and counts at which a server says no. Zero means "no limit" where the text says so.
 *
 * @param http what one request may be in bytes and field lines
 * @param connections clients connected at one time, all workers together
 * @param connectionsPerAddress clients of one network address connected at one time; 0: no limit
 * @param requestsPerConnection requests answered on one connection before it closes; 0: no limit
 * @param handlers scripts running at one time, all workers together
 * @param queue requests that wait for a script to end, all workers together; one more is answered
 *     503
 * @param minimumBytesPerSecond the rate at which content must arrive, averaged over its time; 0: no
 *     limit
 */
public record ServerLimits(
        Limits http,
        int connections,
        int connectionsPerAddress,
        int requestsPerConnection,
        int handlers,
        int queue,
        int minimumBytesPerSecond) {

    public static final ServerLimits DEFAULT =
            new ServerLimits(Limits.DEFAULTS, 16_384, 0, 0, 256, 1_024, 64);

    public ServerLimits {
        atLeast(1, connections, "connections");
        atLeast(0, connectionsPerAddress, "connectionsPerAddress");
        atLeast(0, requestsPerConnection, "requestsPerConnection");
        atLeast(1, handlers, "handlers");
        atLeast(0, queue, "queue");
        atLeast(0, minimumBytesPerSecond, "minimumBytesPerSecond");
    }

    private static void atLeast(int minimum, int value, String name) {
        if (value < minimum) {
            throw new IllegalArgumentException(name + " is " + value + ", below " + minimum);
        }
    }
}

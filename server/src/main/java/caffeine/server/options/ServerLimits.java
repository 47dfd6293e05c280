package caffeine.server.options;

import caffeine.http.Limits;

/**
 * The limits of a server on sizes and counts. Zero means "no limit" where the text says so.
 *
 * @param http the limits of one request in bytes and field lines
 * @param connections clients connected at one time, all workers together
 * @param connectionsPerAddress clients of one network address connected at one time; 0: no limit
 * @param requestsPerConnection requests answered on one connection before it closes; 0: no limit
 * @param handlers scripts running at one time, all workers together
 * @param queue requests that wait for a script to end, all workers together; one more is answered
 *     503
 * @param minimumBytesPerSecond the rate at which content must arrive, averaged over its time; 0: no
 *     limit
 * @param minimumSentPerSecond the rate in bytes at which a client must take a response, averaged
 *     over the time in which some of it waits; 0: no limit
 * @param spoolBytes how much of a script's response is kept in a file while its client takes it
 *     more slowly than the script writes; beyond that the script waits. 0: it waits at once
 * @param spoolTotalBytes the same, of all responses together
 */
public record ServerLimits(
        Limits http,
        int connections,
        int connectionsPerAddress,
        int requestsPerConnection,
        int handlers,
        int queue,
        int minimumBytesPerSecond,
        int minimumSentPerSecond,
        long spoolBytes,
        long spoolTotalBytes) {

    public static final ServerLimits DEFAULT =
            new ServerLimits(
                    Limits.DEFAULTS, 16_384, 0, 0, 256, 1_024, 64, 64, 16L << 20, 1L << 30);

    public ServerLimits {
        atLeast(1, connections, "connections");
        atLeast(0, connectionsPerAddress, "connectionsPerAddress");
        atLeast(0, requestsPerConnection, "requestsPerConnection");
        atLeast(1, handlers, "handlers");
        atLeast(0, queue, "queue");
        atLeast(0, minimumBytesPerSecond, "minimumBytesPerSecond");
        atLeast(0, minimumSentPerSecond, "minimumSentPerSecond");
        atLeast(0, spoolBytes, "spoolBytes");
        atLeast(0, spoolTotalBytes, "spoolTotalBytes");
    }

    /** These limits, with the defaults for clients that take their responses slowly. */
    public ServerLimits(
            Limits http,
            int connections,
            int connectionsPerAddress,
            int requestsPerConnection,
            int handlers,
            int queue,
            int minimumBytesPerSecond) {
        this(
                http,
                connections,
                connectionsPerAddress,
                requestsPerConnection,
                handlers,
                queue,
                minimumBytesPerSecond,
                DEFAULT.minimumSentPerSecond(),
                DEFAULT.spoolBytes(),
                DEFAULT.spoolTotalBytes());
    }

    /** These limits with others for clients that take their responses slowly. */
    public ServerLimits withSlowReaders(
            int newSentPerSecond, long newSpoolBytes, long newSpoolTotalBytes) {
        return new ServerLimits(
                http,
                connections,
                connectionsPerAddress,
                requestsPerConnection,
                handlers,
                queue,
                minimumBytesPerSecond,
                newSentPerSecond,
                newSpoolBytes,
                newSpoolTotalBytes);
    }

    private static void atLeast(int minimum, long value, String name) {
        if (value < minimum) {
            throw new IllegalArgumentException(name + " is " + value + ", below " + minimum);
        }
    }
}

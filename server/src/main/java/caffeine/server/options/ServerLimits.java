package caffeine.server.options;

import caffeine.http.Limits;

/**
 * The limits of a server on sizes and counts, all connections together; those of one request are
 * {@link Limits}. Zero means "no limit" where the text says so.
 *
 * <pre>{@code
 * ServerLimits.DEFAULT.withContentBytes(300 << 20).withConnections(1000)
 * }</pre>
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

    /** The usual limits. */
    public static final ServerLimits DEFAULT =
            new ServerLimits(
                    Limits.DEFAULTS, 16_384, 0, 0, 256, 1_024, 64, 64, 16L << 20, 1L << 30);

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when a limit is below its least value
     */
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

    /** These limits with another limits of one request. */
    public ServerLimits withHttp(Limits newHttp) {
        return new ServerLimits(
                newHttp,
                connections,
                connectionsPerAddress,
                requestsPerConnection,
                handlers,
                queue,
                minimumBytesPerSecond,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another number of clients. */
    public ServerLimits withConnections(int most) {
        return new ServerLimits(
                http,
                most,
                connectionsPerAddress,
                requestsPerConnection,
                handlers,
                queue,
                minimumBytesPerSecond,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another number of clients of one address; 0: no limit. */
    public ServerLimits withConnectionsPerAddress(int most) {
        return new ServerLimits(
                http,
                connections,
                most,
                requestsPerConnection,
                handlers,
                queue,
                minimumBytesPerSecond,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another number of requests on a connection; 0: no limit. */
    public ServerLimits withRequestsPerConnection(int most) {
        return new ServerLimits(
                http,
                connections,
                connectionsPerAddress,
                most,
                handlers,
                queue,
                minimumBytesPerSecond,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another number of scripts. */
    public ServerLimits withHandlers(int most) {
        return new ServerLimits(
                http,
                connections,
                connectionsPerAddress,
                requestsPerConnection,
                most,
                queue,
                minimumBytesPerSecond,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another number of requests that wait for a script. */
    public ServerLimits withQueue(int most) {
        return new ServerLimits(
                http,
                connections,
                connectionsPerAddress,
                requestsPerConnection,
                handlers,
                most,
                minimumBytesPerSecond,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another least rate of content; 0: no limit. */
    public ServerLimits withMinimumBytesPerSecond(int rate) {
        return new ServerLimits(
                http,
                connections,
                connectionsPerAddress,
                requestsPerConnection,
                handlers,
                queue,
                rate,
                minimumSentPerSecond,
                spoolBytes,
                spoolTotalBytes);
    }

    /** These limits with another size of content; more is 413. */
    public ServerLimits withContentBytes(long most) {
        return withHttp(http.withContentBytes(most));
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

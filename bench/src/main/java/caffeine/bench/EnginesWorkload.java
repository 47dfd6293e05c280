package caffeine.bench;

import caffeine.server.engine.EngineDescription;

import org.jspecify.annotations.Nullable;

/** A load that {@code bench/run engines} puts on each engine. */
enum EnginesWorkload {
    /** One client. */
    ONE("1 connection", 1, 1, true),
    /** Many clients, each asks again when it has been answered. */
    KEPT("64 connections", 64, 1, true),
    /** So many that a loop over all would show. */
    MANY("1,000 connections", 1_000, 1, true),
    /** 16 requests go out together. */
    PIPELINED("16 pipelined", 64, 16, false),
    /** A connection for each request. */
    NEW("new connections", 64, 0, false),
    /** A handler that blocks for 10 ms in one of ten requests. */
    BLOCKED("beside blocking", 64, 1, false),
    /** At 70 % of the engine's own rate, at even distances. */
    RATE("70 % of its rate", 64, 1, false);

    static final double SHARE_OF_RATE = 0.7;

    /** Kept connections of an engine that starts a process for each. */
    private static final int PROCESSES = 8;

    final String label;
    final int depth;
    private final int connections;

    /** Whether it is about that number of connections, and makes no sense with fewer. */
    private final boolean exact;

    EnginesWorkload(String label, int connections, int depth, boolean exact) {
        this.label = label;
        this.connections = connections;
        this.depth = depth;
        this.exact = exact;
    }

    /** Why an engine does not have it; null: it has. */
    @Nullable String obstacle(@Nullable EngineDescription engine) {
        if (engine == null) {
            return this == BLOCKED ? "its handlers are none of ours" : null;
        }
        if (!exact || connections(engine) == connections) {
            return null;
        }
        return engine.isSequential()
                ? "serves one connection at a time"
                : "a process for each connection";
    }

    /**
     * How many connections it keeps or opens at a time.
     *
     * @param engine null: another server
     */
    int connections(@Nullable EngineDescription engine) {
        if (engine == null) {
            return connections;
        }
        if (engine.isSequential() && depth > 0) {
            return 1; // new connections are closed after their request, so they may wait
        }
        return engine.isProcessPerConnection() ? Math.min(connections, PROCESSES) : connections;
    }
}

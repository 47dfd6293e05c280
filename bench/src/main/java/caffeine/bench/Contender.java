package caffeine.bench;

import caffeine.bench.server.CaffeineServer;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;

import java.net.URI;

/**
 * A server in one of its ways to run scripts.
 *
 * @param server the process
 * @param mode the way
 */
record Contender(RunningServer server, ServerKind.Mode mode) {

    String label() {
        return mode.label() + (server.logs() ? ", logs on" : "");
    }

    boolean isOurs() {
        return server.kind().name().equals(CaffeineServer.NAME);
    }

    /** Whether the two can be compared: a log costs. */
    boolean logsLike(Contender other) {
        return server.logs() == other.server.logs();
    }

    URI uri(String script) {
        return server.uri(mode, script);
    }
}

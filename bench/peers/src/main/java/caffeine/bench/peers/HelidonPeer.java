package caffeine.bench.peers;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http1.Http1Config;

import java.time.Duration;

/** Helidon SE: a virtual thread for each connection. */
final class HelidonPeer {
    private static final int BACKLOG = 4096;
    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final Header TYPE =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, Hello.TYPE);

    private HelidonPeer() {}

    /** Its threads are the carriers: {@code -Djdk.virtualThreadScheduler.parallelism}. */
    public static void main(String[] args) {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        byte[] content = Hello.content();
        WebServer.builder()
                .host("127.0.0.1")
                .port(arguments.port())
                .backlog(BACKLOG)
                .idleConnectionTimeout(IDLE)
                .connectionOptions(options -> options.tcpNoDelay(true))
                .addProtocol(Http1Config.builder().sendKeepAliveHeader(false).build())
                .routing(
                        routing ->
                                routing.any((_, response) -> response.header(TYPE).send(content)))
                .build()
                .start();
    }
}

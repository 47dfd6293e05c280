package caffeine.bench.peers;

import org.microhttp.EventLoop;
import org.microhttp.Header;
import org.microhttp.NoopLogger;
import org.microhttp.Options;
import org.microhttp.Response;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** microhttp: one thread accepts, the others are the loops. */
final class MicrohttpPeer {
    private static final int BACKLOG = 4096;
    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final int OK = 200;
    private static final Header TYPE = new Header("Content-Type", Hello.TYPE);

    private MicrohttpPeer() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        byte[] content = Hello.content();
        Options options =
                Options.builder()
                        .withHost("127.0.0.1")
                        .withPort(arguments.port())
                        .withConcurrency(arguments.threads())
                        .withAcceptLength(BACKLOG)
                        .withRequestTimeout(IDLE)
                        .build();
        EventLoop loop =
                new EventLoop(
                        options,
                        NoopLogger.instance(),
                        (_, answer) ->
                                answer.accept(
                                        new Response(
                                                OK,
                                                "OK",
                                                List.of(TYPE, new Header("Date", Hello.date())),
                                                content)));
        loop.start();
        loop.join();
    }
}

package caffeine.examples;

import caffeine.server.embed.Server;
import caffeine.server.handler.EventStream;
import caffeine.server.handler.Response;
import caffeine.server.handler.Router;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A page that shows the time of the server, by server-sent events. */
final class Clock {

    private static final String PAGE =
            """
            <!doctype html>
            <meta charset="utf-8">
            <title>Clock</title>
            <h1>--:--:--</h1>
            <script>
                new EventSource('/clock').onmessage = event => {
                    document.querySelector('h1').textContent = event.data;
                };
            </script>
            """;

    private final CountDownLatch stop = new CountDownLatch(1);

    Router routes() {
        return Router.create()
                .get("/", request -> Response.html(PAGE))
                .events("/clock", this::tick);
    }

    /** Sends the time each second, until the client is gone or the server stops. */
    private void tick(EventStream events) throws Exception {
        do {
            events.send(
                    LocalTime.now(ZoneId.systemDefault())
                            .truncatedTo(ChronoUnit.SECONDS)
                            .toString());
        } while (!stop.await(1, TimeUnit.SECONDS));
    }

    /** Ends all streams, so that a stop does not wait for them. */
    void stop() {
        stop.countDown();
    }

    void main() throws Exception {
        Server server =
                Server.builder()
                        .port(Integer.getInteger("port", 8080))
                        .routes(routes())
                        .beforeClose(this::stop)
                        .start();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        IO.println(server.url());
    }
}

package caffeine.bench.peers;

import io.activej.bytebuf.ByteBuf;
import io.activej.eventloop.Eventloop;
import io.activej.http.AsyncServlet;
import io.activej.http.HttpHeaderValue;
import io.activej.http.HttpHeaders;
import io.activej.http.HttpResponse;
import io.activej.http.HttpServer;
import io.activej.net.PrimaryServer;
import io.activej.promise.Promise;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** ActiveJ HTTP: one event loop accepts, and hands out to as many workers as there are threads. */
final class ActiveJPeer {
    private static final Duration IDLE = Duration.ofMinutes(10);

    private ActiveJPeer() {}

    public static void main(String[] args) throws IOException {
        Hello.Arguments arguments = Hello.Arguments.of(args);
        List<HttpServer> workers = new ArrayList<>();
        for (int i = 0; i < arguments.threads(); i++) {
            Eventloop loop = Eventloop.builder().withThreadName("worker-" + i).build();
            workers.add(HttpServer.builder(loop, answer()).withKeepAliveTimeout(IDLE).build());
            loop.keepAlive(true);
            new Thread(loop, "worker-" + i).start();
        }
        Eventloop primary =
                Eventloop.builder().withThreadName("primary").withCurrentThread().build();
        PrimaryServer.builder(primary, workers)
                .withListenAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), arguments.port()))
                .build()
                .listen();
        primary.run();
    }

    private static AsyncServlet answer() {
        HttpHeaderValue type = HttpHeaderValue.of(Hello.TYPE);
        byte[] content = Hello.content();
        return _ ->
                Promise.of(
                        HttpResponse.ok200()
                                .withHeader(HttpHeaders.CONTENT_TYPE, type)
                                .withHeader(
                                        HttpHeaders.DATE,
                                        HttpHeaderValue.ofTimestamp(System.currentTimeMillis()))
                                .withBody(ByteBuf.wrapForReading(content))
                                .build());
    }
}

package caffeine.server.virtual;

import caffeine.http.ResponseHead;
import caffeine.server.core.Handler;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.App;
import caffeine.server.options.LogOptions;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A process that serves without a native call: {@link PortableTest} looks at what it does. */
final class PortableServer {

    private PortableServer() {}

    /**
     * Serves by every kind of handler that needs no script.
     *
     * @param arguments a folder for logs
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        serve(folder, App.HELLO, null, "Hello, World!");
        serve(folder, App.ECHO, null, "content");
        serve(folder, App.SCRIPTS, Handlers.of(_ -> Response.text("one")), "one");
        serve(folder, App.SCRIPTS, Handlers.blocking(_ -> Response.text("two")), "two");
        serve(
                folder,
                App.SCRIPTS,
                Handlers.streaming(
                        exchange -> {
                            try (OutputStream out = exchange.respond(ResponseHead.of(200))) {
                                exchange.content().transferTo(out);
                            }
                        }),
                "content");
    }

    private static void serve(Path folder, App app, @Nullable Handler handler, String answer)
            throws StartException, InterruptedException, IOException {
        Path log = folder.resolve("server.log");
        ServerOptions defaults = TestOptions.defaults();
        LogOptions logs =
                defaults.log()
                        .withFile(log, true)
                        .withAccess(folder.resolve("access.log"), defaults.log().accessFormat());
        ServerOptions options = defaults.withApp(app).withLog(logs);
        VirtualEngine engine =
                new VirtualEngine(
                        new EngineSetup(options, 2, Map.of(), true, handler, List::of, folder));
        InetSocketAddress address = (InetSocketAddress) engine.start().getFirst();
        ask(address, answer);
        CountDownLatch reloaded = new CountDownLatch(1);
        engine.reload(options, 1, _ -> reloaded.countDown());
        reloaded.await();
        Files.move(log, folder.resolve("old.log"), StandardCopyOption.REPLACE_EXISTING);
        engine.reopenLogs();
        Until.holds("there is a log file again", () -> Files.exists(log));
        ask(address, answer);
        engine.stop();
        engine.awaitEnd();
        if (engine.failure() != null) {
            throw new AssertionError(engine.failure());
        }
        System.out.println("served " + answer);
    }

    private static void ask(InetSocketAddress address, String answer) {
        try (WireClient client = new WireClient(address)) {
            String got =
                    client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\ncontent")
                            .text();
            if (!got.equals(answer)) {
                throw new AssertionError(got);
            }
        }
    }
}

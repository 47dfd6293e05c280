package caffeine.server.engines;

import caffeine.http.ResponseHead;
import caffeine.server.core.Handler;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.EngineSetup;
import caffeine.server.engine.StartException;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.App;
import caffeine.server.options.FileOptions;
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
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

/** A process that serves without a native call: {@link PortableTest} looks at what it does. */
final class PortableServer {

    /** More than is kept in memory. */
    private static final String LARGE_FILE = "a file ".repeat(14_000);

    private PortableServer() {}

    /**
     * Serves by every kind of handler that needs no script.
     *
     * @param arguments the name of an engine, and a folder for logs
     */
    public static void main(String[] arguments) throws Exception {
        EngineDescription kind = Objects.requireNonNull(Engines.named(arguments[0]));
        Path folder = Path.of(arguments[1]);
        serve(kind, folder, App.HELLO, null, "Hello, World!");
        serve(kind, folder, App.ECHO, null, "content");
        Files.writeString(folder.resolve("file"), LARGE_FILE);
        serve(kind, folder, App.FILES, null, LARGE_FILE);
        serve(kind, folder, App.SCRIPTS, Handlers.of(_ -> Response.text("one")), "one");
        serve(kind, folder, App.SCRIPTS, Handlers.blocking(_ -> Response.text("two")), "two");
        serve(
                kind,
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

    private static void serve(
            EngineDescription kind, Path folder, App app, @Nullable Handler handler, String answer)
            throws StartException, InterruptedException, IOException {
        Path log = folder.resolve("server.log");
        ServerOptions defaults = TestOptions.defaults();
        LogOptions logs =
                defaults.log()
                        .withFile(log, true)
                        .withAccess(folder.resolve("access.log"), defaults.log().accessFormat());
        ServerOptions options =
                defaults.withApp(app)
                        .withLog(logs)
                        .withFiles(FileOptions.DEFAULT.withFolder(folder).withListing(true));
        Engine engine =
                kind.make(new EngineSetup(options, 2, Map.of(), true, handler, List::of, folder));
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
        System.out.println("served " + answer.substring(0, Math.min(20, answer.length())));
    }

    private static void ask(InetSocketAddress address, String answer) {
        try (WireClient client = new WireClient(address)) {
            boolean isFile = answer.startsWith("a file");
            String request =
                    isFile
                            ? "GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=0-199999\r\n\r\n"
                            : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\ncontent";
            String got = client.ask(request).text();
            if (isFile
                    && !client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text().contains("file")) {
                throw new AssertionError("the folder is not listed");
            }
            if (!got.equals(answer)) {
                throw new AssertionError(got);
            }
        }
    }
}

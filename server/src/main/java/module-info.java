import org.jspecify.annotations.NullMarked;

/**
 * An HTTP server for Java programs.
 *
 * <pre>{@code
 * Router router = Router.create().get("/", request -> Response.text("Hello\n"));
 * try (Server server = Server.builder().port(8080).routes(router).start()) {
 *     server.awaitEnd();
 * }
 * }</pre>
 *
 * <p>Eight classes are enough for most programs: {@link caffeine.server.embed.Server}, {@link
 * caffeine.server.handler.Router}, {@link caffeine.server.handler.Request}, {@link
 * caffeine.server.handler.Response}, {@link caffeine.server.handler.Filter}, {@link
 * caffeine.server.handler.EventStream}, {@link caffeine.server.handler.WebSocketHandler}, and
 * {@link caffeine.server.testkit.TestClient} for tests. {@link
 * caffeine.server.options.ServerOptions} has all settings.
 *
 * <p>The server calls the kernel, which the JVM must allow: with {@code
 * --enable-native-access=caffeine.os} on the module path, {@code
 * --enable-native-access=ALL-UNNAMED} on the class path, or the line {@code Enable-Native-Access:
 * ALL-UNNAMED} in the manifest of a jar that {@code java -jar} runs.
 */
@NullMarked
@SuppressWarnings("module") // caffeine.cli is compiled after this
module caffeine.server {
    requires static org.jspecify;
    requires transitive caffeine.http;
    requires caffeine.os;

    exports caffeine.server.options;
    exports caffeine.server.core;
    exports caffeine.server.embed;
    exports caffeine.server.engine;
    exports caffeine.server.engines;
    exports caffeine.server.handler;
    exports caffeine.server.log;
    exports caffeine.server.prefork;
    exports caffeine.server.reactor;
    exports caffeine.server.script to
            caffeine.cli; // for --check and --try
    exports caffeine.server.selector;
    exports caffeine.server.sequential;
    exports caffeine.server.sharded;
    exports caffeine.server.shared;
    exports caffeine.server.testkit;
    exports caffeine.server.virtual;
}

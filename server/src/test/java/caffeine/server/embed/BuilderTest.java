package caffeine.server.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.engine.EngineDescription;
import caffeine.server.engine.StartException;
import caffeine.server.engines.Engines;
import caffeine.server.handler.Response;
import caffeine.server.handler.Router;
import caffeine.server.options.LogLevel;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Until;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** {@link Server#builder()}, with a client of the JDK. */
@ExtendWith(NoLeaks.class)
class BuilderTest {

    private static HttpURLConnection ask(Server server, String path) throws IOException {
        URL url = URI.create(server.url() + path).toURL();
        return (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
    }

    private static String get(Server server, String path) throws IOException {
        try (InputStream content = ask(server, path).getInputStream()) {
            return new String(content.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static Stream<String> engines() {
        return Engines.ALL.stream()
                .filter(EngineDescription::takesHandlers)
                .map(EngineDescription::name);
    }

    @ParameterizedTest
    @MethodSource("engines")
    void routesAnswerOnEachEngine(String engine) throws Exception {
        Router router = Router.create().get("/notes/{id}", r -> Response.text(r.path("id")));
        try (Server server = Server.builder().engine(engine).size(1).routes(router).start()) {
            assertThat(get(server, "/notes/7")).isEqualTo("7");
            assertThat(server.port()).isPositive();
        }
    }

    @Test
    void scriptsAndFilesAnswerTogether(@TempDir Path root) throws Exception {
        Path scripts = Files.createDirectory(root.resolve("scripts"));
        Path files = Files.createDirectory(root.resolve("files"));
        Path script = scripts.resolve("hello.cgi");
        Files.writeString(script, "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nscript'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(files.resolve("a.txt"), "file");
        try (Server server = Server.builder().scripts(scripts).files(files).start()) {
            assertThat(get(server, "/hello.cgi")).isEqualTo("script");
            assertThat(get(server, "/a.txt")).isEqualTo("file");
        }
        try (Server server = Server.builder().files(files).start()) {
            assertThat(get(server, "/a.txt")).isEqualTo("file");
            assertThat(ask(server, "/hello.cgi").getResponseCode()).isEqualTo(404);
        }
    }

    @Test
    void limitsAndTimesAreSet() throws Exception {
        List<ServerOptions> seen = new ArrayList<>();
        Server.Builder builder =
                Server.builder()
                        .maxContent(3)
                        .idleTimeout(Duration.ofMinutes(2))
                        .handlerTimeout(Duration.ZERO)
                        .grace(Duration.ofSeconds(1))
                        .limits(limits -> limits.withConnections(7))
                        .deadlines(times -> times.withHead(Duration.ofSeconds(9)))
                        .options(
                                options -> {
                                    seen.add(options);
                                    return options;
                                })
                        .blocking(r -> Response.text(r.text()));
        ServerOptions options = seen.getFirst();
        assertThat(options.limits().http().contentBytes()).isEqualTo(3);
        assertThat(options.limits().connections()).isEqualTo(7);
        assertThat(options.deadlines().idleNs()).isEqualTo(Duration.ofMinutes(2).toNanos());
        assertThat(options.deadlines().handlerNs()).isZero();
        assertThat(options.deadlines().graceNs()).isEqualTo(Duration.ofSeconds(1).toNanos());
        assertThat(options.deadlines().headNs()).isEqualTo(Duration.ofSeconds(9).toNanos());
        try (Server server = builder.start()) {
            HttpURLConnection post = ask(server, "/");
            post.setDoOutput(true);
            post.getOutputStream().write("four".getBytes(StandardCharsets.US_ASCII));
            assertThat(post.getResponseCode()).isEqualTo(413);
        }
    }

    @Test
    void addressesAreSet(@TempDir Path folder) throws Exception {
        Server.Builder any =
                Server.builder().host("127.0.0.2").port(0).function(_ -> Response.of(204));
        try (Server server = any.start()) {
            assertThat(server.url()).startsWith("http://127.0.0.2:");
        }
        UnixDomainSocketAddress socket = UnixDomainSocketAddress.of(folder.resolve("socket"));
        try (Server server = any.bind(socket).start()) {
            assertThat(server.address()).isEqualTo(socket);
        }
    }

    @Test
    void tasksRunOnceBeforeItCloses() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        Server server =
                Server.builder()
                        .function(_ -> Response.of(204))
                        .beforeClose(runs::incrementAndGet)
                        .start();
        assertThat(runs).hasValue(0);
        server.stop();
        server.close();
        assertThat(runs).hasValue(1);
    }

    @Test
    void anEventStreamEndsBeforeItCloses() throws Exception {
        List<Runnable> ends = Collections.synchronizedList(new ArrayList<>());
        Router router =
                Router.create()
                        .events(
                                "/events",
                                events -> {
                                    ends.add(Thread.currentThread()::interrupt);
                                    events.send("here");
                                    try {
                                        events.awaitEnd();
                                    } catch (InterruptedException _) {
                                        events.send("bye");
                                    }
                                });
        Server server =
                Server.builder()
                        .routes(router)
                        .beforeClose(() -> ends.forEach(Runnable::run))
                        .start();
        FutureTask<String> answer = new FutureTask<>(() -> get(server, "/events"));
        Thread.ofPlatform().start(answer);
        Until.holds("the stream has begun", () -> ends.size() == 1);
        server.close();
        assertThat(answer.get()).isEqualTo("data: here\n\ndata: bye\n\n");
    }

    @Test
    void linesGoToALoggerOfTheProgram() throws Exception {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        System.Logger logger =
                new System.Logger() {
                    @Override
                    public String getName() {
                        return "test";
                    }

                    @Override
                    public boolean isLoggable(Level level) {
                        return true;
                    }

                    @Override
                    public void log(Level level, ResourceBundle bundle, String text, Throwable e) {
                        lines.add(level + " " + text);
                    }

                    @Override
                    public void log(Level level, ResourceBundle bundle, String text, Object... p) {
                        lines.add(level + " " + text);
                    }
                };
        Server.Builder builder =
                Server.builder()
                        .logLevel(LogLevel.INFO)
                        .logger(logger)
                        .function(
                                r -> {
                                    if (r.path().equals("/fail")) {
                                        throw new IOException("two\nlines");
                                    }
                                    return Response.text("{0}");
                                });
        try (Server server = builder.start()) {
            assertThat(get(server, "/it'%7B0%7D")).isEqualTo("{0}");
            assertThat(ask(server, "/fail").getResponseCode()).isEqualTo(500);
        }
        assertThat(lines)
                .anyMatch(
                        line -> line.matches("INFO 127.0.0.1 \"GET /it'%7B0%7D HTTP/1.1\" 200 .*"))
                .anyMatch(
                        line ->
                                line.startsWith(
                                        "ERROR handler: \"GET /fail\": java.io.IOException:"
                                                + " two\\x0alines"));
    }

    @Test
    void mistakesAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Server.builder().engine("steam"))
                .withMessageContaining("no engine steam; there are prefork, ");
        assertThatIllegalStateException()
                .isThrownBy(() -> Server.builder().start())
                .withMessageContaining("nothing answers");
        assertThatThrownBy(
                        () ->
                                Server.builder()
                                        .engine("prefork")
                                        .function(_ -> Response.of(204))
                                        .start())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("other processes");
    }
}

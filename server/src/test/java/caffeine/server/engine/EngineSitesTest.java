package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.FileOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.WireClient;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Scripts and files of one site, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineSitesTest {

    private static final int LARGE = 3_000_000;

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path root, @TempDir Path files, @TempDir Path sent) throws IOException {
        EngineFolder scripts = new EngineFolder(root);
        for (String path :
                List.of(
                        "run.sh",
                        "static/run.sh",
                        "static/cgi-bin/run",
                        "cgi-bin/static/run",
                        "assets/run.sh",
                        "static/api/run.sh")) {
            scripts.script(path, "printf 'Content-Type: text/plain\\n\\nran%s' \"$PATH_INFO\"");
        }
        Files.writeString(root.resolve("plain.txt"), "never sent");
        Files.writeString(root.resolve("assets/a.txt"), "asset");
        Files.writeString(files.resolve("index.html"), "<p>home");
        Files.writeString(files.resolve("run.sh"), "hidden by the script");
        Files.writeString(files.resolve("plain.txt"), "hidden by the file");
        Files.writeString(files.resolve("other.txt"), "other");
        Files.createDirectory(root.resolve("cgi-bin/.private"));
        Files.writeString(root.resolve("cgi-bin/.private/cat.txt"), "a cat");
        Files.write(root.resolve("cgi-bin/large.bin"), new byte[LARGE]);
        Files.writeString(sent.resolve("dog.txt"), "a dog");
        sendfile(
                scripts,
                "cat",
                ".private/cat.txt",
                "Cache-Control: private\\nContent-Type: x/y\\n");
        sendfile(scripts, "large", "large.bin", "");
        sendfile(scripts, "dog", "dog.txt", "");
        sendfile(scripts, "dog-absolute", sent.toRealPath() + "/dog.txt", "");
        sendfile(scripts, "outside", "../plain.txt", "");
        sendfile(scripts, "absolute", "/etc/passwd", "");
        sendfile(scripts, "status", ".private/cat.txt", "Status: 403\\n");
        for (String target : List.of("/static/run.sh", "/other.txt", "/assets", "/static/none")) {
            scripts.script(
                    "cgi-bin/to" + target.replace('/', '-'),
                    "cat >/dev/null; printf 'Location: " + target + "\\n\\n'");
        }
        ServerOptions options = scripts.options();
        started =
                kind.start(
                        options.withFiles(
                                        FileOptions.DEFAULT
                                                .withFolder(files)
                                                .withSendfileRoot(sent.toRealPath()))
                                .withScripts(
                                        options.scripts()
                                                .withRoutes(
                                                        List.of(
                                                                EngineFolder.route(
                                                                        "/assets",
                                                                        "files",
                                                                        RouteSetting.MODE),
                                                                EngineFolder.route(
                                                                        "/static/api",
                                                                        "cgi",
                                                                        RouteSetting.MODE),
                                                                EngineFolder.route(
                                                                        "/static",
                                                                        "max-age=60",
                                                                        RouteSetting
                                                                                .CACHE_CONTROL)))));
    }

    private static void sendfile(EngineFolder scripts, String name, String file, String fields) {
        scripts.script(
                "cgi-bin/" + name,
                "printf 'X-Sendfile: " + file + "\\n" + fields + "\\n'; echo dropped");
    }

    @AfterAll
    void stop() {
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private Reply ask(String path, String... fields) {
        return send("GET", path, fields);
    }

    private Reply send(String method, String path, String... fields) {
        StringBuilder request =
                new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: a.test");
        for (String field : fields) {
            request.append("\r\n").append(field);
        }
        try (WireClient client = engine().connect()) {
            return client.ask(request + "\r\n\r\n");
        }
    }

    @Test
    void belowStaticAFileIsSentAndElsewhereItRuns() {
        assertThat(ask("/run.sh").text()).isEqualTo("ran");
        assertThat(ask("/run.sh/static/x").text()).isEqualTo("ran/static/x");
        assertThat(ask("/static/run.sh").text()).startsWith("#!").contains("ran");
        assertThat(ask("/static/cgi-bin/run").text()).startsWith("#!");
        assertThat(ask("/cgi-bin/static/run").text()).isEqualTo("ran");
        assertThat(ask("/plain.txt").status()).isEqualTo(403);
        assertThat(ask("/static/none").status()).isEqualTo(404);
    }

    @Test
    void aRouteDecidesOtherwise() {
        assertThat(ask("/assets/run.sh").text()).startsWith("#!");
        assertThat(ask("/assets/a.txt").text()).isEqualTo("asset");
        assertThat(ask("/assets").field("Location")).isEqualTo("/assets/");
        assertThat(ask("/static/api/run.sh").text()).isEqualTo("ran");
        assertThat(ask("/static/run.sh").field("Cache-Control")).isEqualTo("max-age=60");
        assertThat(ask("/assets/a.txt").head()).doesNotContain("Cache-Control");
    }

    @Test
    void theOtherFolderAnswersWhereTheScriptsHaveNothing() {
        assertThat(ask("/").text()).isEqualTo("<p>home");
        assertThat(ask("/other.txt").text()).isEqualTo("other");
        assertThat(ask("/run.sh").text()).isEqualTo("ran");
        assertThat(ask("/plain.txt").status()).isEqualTo(403);
        assertThat(ask("/.hidden").status()).isEqualTo(404);
        assertThat(send("POST", "/other.txt", "Content-Length: 0").status()).isEqualTo(405);
    }

    @Test
    void aScriptHasAFileSent() {
        Reply cat = ask("/cgi-bin/cat");
        assertThat(cat.text()).isEqualTo("a cat");
        assertThat(cat.field("Cache-Control")).isEqualTo("private");
        assertThat(cat.field("Content-Type")).isEqualTo("x/y");
        assertThat(cat.head()).doesNotContain("X-Sendfile");
        String tag = cat.field("ETag");
        assertThat(ask("/cgi-bin/cat", "If-None-Match: " + tag).status()).isEqualTo(304);
        Reply part = ask("/cgi-bin/cat", "Range: bytes=2-");
        assertThat(part.status()).isEqualTo(206);
        assertThat(part.text()).isEqualTo("cat");
        assertThat(ask("/cgi-bin/large").content()).hasSize(LARGE);
        assertThat(ask("/cgi-bin/large", "Range: bytes=0-1999999").content()).hasSize(2_000_000);
        try (WireClient client = engine().connect()) {
            client.send("HEAD /cgi-bin/large HTTP/1.1\r\nHost: a.test\r\n");
            client.send("Connection: close\r\n\r\n");
            assertThat(client.untilEnd())
                    .contains("Content-Length: " + LARGE + "\r\n")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void aScriptHasAFileOfTheOtherFolderSent() {
        assertThat(ask("/cgi-bin/dog").text()).isEqualTo("a dog");
        assertThat(ask("/cgi-bin/dog-absolute").text()).isEqualTo("a dog");
    }

    /** RFC 3875 §6.2.2. */
    @Test
    void aLocalRedirectLeadsToAFile() {
        Reply file = ask("/cgi-bin/to-static-run.sh");
        assertThat(file.text()).startsWith("#!").contains("ran");
        String tag = ask("/static/run.sh").field("ETag");
        assertThat(file.field("ETag")).isEqualTo(tag);
        assertThat(file.field("Cache-Control")).isEqualTo("max-age=60");
        assertThat(ask("/cgi-bin/to-static-run.sh", "If-None-Match: " + tag).status())
                .isEqualTo(304);
        assertThat(ask("/cgi-bin/to-other.txt").text()).isEqualTo("other");
        assertThat(send("POST", "/cgi-bin/to-other.txt", "Content-Length: 0").text())
                .isEqualTo("other");
        assertThat(ask("/cgi-bin/to-assets").field("Location")).isEqualTo("/assets/");
        assertThat(ask("/cgi-bin/to-static-none").status()).isEqualTo(404);
    }

    @Test
    void aScriptHasNoFileOutsideSent() {
        assertThat(ask("/cgi-bin/outside").status()).isEqualTo(404);
        assertThat(ask("/cgi-bin/absolute").status()).isEqualTo(404);
    }

    /** A page for an error is no representation of the address: no conditions, and no ranges. */
    @Test
    void aScriptHasAFileSentAsAnError() {
        Reply refused = ask("/cgi-bin/status", "Range: bytes=0-1", "If-None-Match: *");
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.text()).isEqualTo("a cat");
    }
}

package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

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

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** {@code --compress} with scripts, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(NoLeaks.class)
class EngineCompressTest {

    private static final String TEXT = "0123456789abcdef".repeat(4096);
    private static final String GZIP = "Accept-Encoding: gzip";

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();
    private @Nullable RunningEngine started;

    @BeforeAll
    void start(@TempDir Path root, @TempDir Path pipes) throws Exception {
        EngineFolder scripts = new EngineFolder(root);
        Files.writeString(root.resolve("text"), TEXT);
        Files.createDirectory(root.resolve("static"));
        Files.writeString(root.resolve("static/a.txt"), TEXT);
        String folder = root.toRealPath().toString();
        String head = "printf 'Content-Type: text/plain\\n";
        scripts.script("cgi-bin/page", head + "ETag: \"x\"\\n\\n'; cat " + folder + "/text");
        scripts.script(
                "cgi-bin/long", head + "Content-Length: 65536\\n\\n'; cat " + folder + "/text");
        scripts.script(
                "cgi-bin/short", head + "Content-Length: 65537\\n\\n'; cat " + folder + "/text");
        scripts.script(
                "cgi-bin/kept",
                head + "Cache-Control: No-Transform\\n\\n'; cat " + folder + "/text");
        pipe = pipes.resolve("go");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        scripts.script("cgi-bin/slow", head + "\\n'; echo one; cat " + pipe);
        ServerOptions options = scripts.options();
        started =
                kind.start(
                        options.withScripts(options.scripts().withRoutes(List.of()))
                                .withCompress(true));
    }

    private Path pipe = Path.of("");

    @AfterAll
    void stop() {
        engine().close();
    }

    private RunningEngine engine() {
        return Objects.requireNonNull(started);
    }

    private static String request(String method, String path, String... fields) {
        return method
                + " "
                + path
                + " HTTP/1.1\r\nHost: a.test\r\n"
                + String.join("", Arrays.stream(fields).map(f -> f + "\r\n").toList())
                + "\r\n";
    }

    private Reply ask(String path, String... fields) {
        try (WireClient client = engine().connect()) {
            return client.ask(request("GET", path, fields));
        }
    }

    private static String decoded(byte[] content) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(content))) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void outputOfScriptsIsCompressed() throws IOException {
        for (String path : new String[] {"/cgi-bin/page", "/cgi-bin/long"}) {
            Reply reply = ask(path, GZIP);
            assertThat(reply.field("Content-Encoding")).isEqualTo("gzip");
            assertThat(reply.field("Vary")).isEqualTo("Accept-Encoding");
            assertThat(reply.head()).doesNotContain("Content-Length");
            assertThat(reply.content()).hasSizeLessThan(10_000);
            assertThat(decoded(reply.content())).isEqualTo(TEXT);
            Reply plain = ask(path);
            assertThat(plain.field("Vary")).isEqualTo("Accept-Encoding");
            assertThat(plain.head()).doesNotContain("Content-Encoding");
            assertThat(plain.text()).isEqualTo(TEXT);
        }
        assertThat(ask("/cgi-bin/page", GZIP).field("ETag")).isEqualTo("W/\"x\"");
        assertThat(ask("/cgi-bin/page").field("ETag")).isEqualTo("\"x\"");
    }

    @Test
    void andNothingElse() {
        assertThat(ask("/cgi-bin/kept", GZIP).text()).isEqualTo(TEXT);
        Reply file = ask("/static/a.txt", GZIP);
        assertThat(file.text()).isEqualTo(TEXT);
        assertThat(file.head()).contains("Accept-Ranges").doesNotContain("Vary");
    }

    @Test
    void headHasTheSameFields() {
        try (WireClient client = engine().connect()) {
            client.send(request("HEAD", "/cgi-bin/long", GZIP, "Connection: close"));
            assertThat(client.untilEnd())
                    .contains("Content-Encoding: gzip\r\n", "Vary: Accept-Encoding\r\n")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void aClientOfHttp10GetsIt() throws IOException {
        try (WireClient client = engine().connect()) {
            client.send("GET /cgi-bin/page HTTP/1.0\r\n" + GZIP + "\r\n\r\n");
            assertThat(decoded(client.reply().content())).isEqualTo(TEXT);
        }
    }

    /** The client decodes what the script has written, while the script runs on. */
    @Test
    void whatAScriptWritesArrivesAtOnce() throws IOException {
        try (WireClient client = engine().connect()) {
            client.send(request("GET", "/cgi-bin/slow", GZIP));
            // The end of a flush (RFC 1951 §3.2.4): an empty block that is stored.
            client.await("\u0000\u0000\u00ff\u00ff");
            Files.writeString(pipe, "two\n");
            assertThat(decoded(client.reply().content())).isEqualTo("one\ntwo\n");
        }
    }

    /** ADR 5: a response that is shorter than announced never looks complete. */
    @Test
    void aShortResponseIsCut() {
        try (WireClient client = engine().connect()) {
            client.send(request("GET", "/cgi-bin/short", GZIP));
            assertThat(client.untilOver()).doesNotEndWith("0\r\n\r\n");
            assertThat(client.isReset()).isTrue();
        }
    }
}

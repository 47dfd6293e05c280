package caffeine.server.file;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.ResponseHead;
import caffeine.http.representation.ContentCoding;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.PreparedResponse;
import caffeine.server.file.CachedFile.Description;
import caffeine.server.file.CachedFile.Form;
import caffeine.server.options.Deadlines;
import caffeine.server.options.FileOptions;
import caffeine.server.options.ServerLimits;
import caffeine.server.testkit.TestClient;
import caffeine.server.testkit.TestResponse;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The cache of files and the disk. */
class FileHandlerTest {

    /** No deadline comes before. */
    private static final long NEVER_NS = Long.MAX_VALUE / 2;

    private static final Duration SECOND = Duration.ofSeconds(1);

    @TempDir Path folder = Path.of("");

    private final FileCaches caches = new FileCaches();
    private FileHandler[] handlers = {};
    private TestClient[] clients = {};

    /** Two handlers, as two loops have them. */
    @BeforeEach
    void start() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "one");
        handlers = new FileHandler[] {newHandler(), newHandler()};
        clients = new TestClient[] {newClient(handlers[0]), newClient(handlers[1])};
    }

    private FileHandler newHandler() throws IOException {
        return new FileHandler(folder, FileOptions.DEFAULT, List.of(), caches);
    }

    /** A client at a time at which all files here are old. */
    private static TestClient newClient(FileHandler handler) {
        Deadlines none =
                new Deadlines(NEVER_NS, NEVER_NS, NEVER_NS, NEVER_NS, NEVER_NS, NEVER_NS, NEVER_NS);
        return new TestClient(handler, ServerLimits.DEFAULT, none).advance(Duration.ofDays(36500));
    }

    @AfterEach
    void stop() {
        for (FileHandler handler : handlers) {
            handler.close();
        }
    }

    private TestResponse get(int client) {
        return clients[client]
                .send("GET /a.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
                .response();
    }

    @Test
    void seesASiblingThatWasAdded() throws IOException {
        TestResponse plain = get(0);
        assertThat(plain.text()).isEqualTo("one");
        assertThat(plain.fields().first("Vary")).isNull();
        clients[0].advance(SECOND);
        assertThat(get(0).text()).isEqualTo("one");

        Files.writeString(folder.resolve("a.txt.gz"), "coded");
        clients[0].advance(SECOND);
        TestResponse coded = get(0);
        assertThat(coded.text()).isEqualTo("coded");
        assertThat(coded.fields().first("Content-Encoding")).isEqualTo("gzip");
        assertThat(coded.fields().first("Vary")).isEqualTo("Accept-Encoding");

        Files.delete(folder.resolve("a.txt.gz"));
        clients[0].advance(SECOND);
        assertThat(get(0).text()).isEqualTo("one");
    }

    /** Its change does not change the folder. */
    @Test
    void seesALinkToNothingThatLeadsToAFileNow() throws IOException {
        Files.createDirectory(folder.resolve("codes"));
        Files.createSymbolicLink(folder.resolve("a.txt.gz"), Path.of("codes/a"));
        assertThat(get(0).text()).isEqualTo("one");
        clients[0].advance(SECOND);
        assertThat(get(0).text()).isEqualTo("one");
        Files.writeString(folder.resolve("codes/a"), "coded");
        clients[0].advance(SECOND);
        assertThat(get(0).text()).isEqualTo("coded");
    }

    @Test
    void loopsShareACache() throws IOException {
        assertThat(get(0).text()).isEqualTo("one");
        Files.writeString(folder.resolve("a.txt"), "another");
        assertThat(get(1).text()).isEqualTo("one");
        clients[0].advance(SECOND);
        assertThat(get(0).text()).isEqualTo("another");
        assertThat(get(1).text()).isEqualTo("another");
    }

    @Test
    void theLastUserEmptiesTheCache() {
        FileCache cache = caches.take("x");
        assertThat(caches.take("x")).isSameAs(cache);
        cache.put("a", entry("a", new byte[10]));
        caches.giveBack("x");
        assertThat(cache.get("a")).isNotNull();
        caches.giveBack("x");
        assertThat(cache.get("a")).isNull();
        assertThat(caches.take("x")).isNotSameAs(cache);
    }

    @Test
    void tenThousandSmallFilesFit() {
        CachedFile file = entry("folder/of/it/4321.html", new byte[1024]);
        assertThat(10_000 * file.memoryBytes()).isLessThan(16 << 20);
    }

    private static CachedFile entry(String name, byte[] content) {
        Form form =
                CachedFile.form(
                        name,
                        ContentCoding.IDENTITY,
                        new FileVersion(1, 123_456_789, 1_800_000_000_123_456_789L, 0, 1024),
                        new Description("text/html; charset=utf-8", "", false),
                        content);
        return new CachedFile(Map.of(ContentCoding.IDENTITY, form), null, true, 0);
    }

    /** The author's date stays, wherever it is. */
    @Test
    void aPreparedResponseKeepsItsOwnDate() {
        String date = "Sun, 06 Nov 1994 08:49:37 GMT";
        ResponseHead head = ResponseHead.of(200);
        head.fields().add("Date", date).add("X", "y");
        PreparedResponse prepared = new PreparedResponse(head, new byte[] {'h', 'i'});
        TestClient client =
                new TestClient(
                        exchange -> {
                            exchange.respond(prepared);
                            return ExchangeListener.IGNORING;
                        });
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.received())
                .isEqualTo(
                        "HTTP/1.1 200 OK\r\nDate: "
                                + date
                                + "\r\nX: y\r\nContent-Length: 2\r\n\r\nhi");
    }
}

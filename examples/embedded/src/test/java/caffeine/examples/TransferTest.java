package caffeine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** With a heap of 32 MiB. */
class TransferTest {

    private static final long LARGE = 1L << 30;
    private static final int BLOCK = 1 << 20;

    /** Of the whole JVM: the heap, code, threads, and what the server has outside of the heap. */
    private static final long MOST_KIB = 256 << 10;

    @TempDir private static Path folder;
    private static Program program;

    @BeforeAll
    static void start() throws IOException {
        Files.createDirectory(folder.resolve("stored"));
        program =
                Program.start(
                        Transfer.class,
                        List.of("-Xmx32m", "-XX:MaxDirectMemorySize=32m"),
                        stored(),
                        Path.of("site"));
    }

    @AfterAll
    static void stop() {
        program.close();
    }

    private static Path stored() {
        return folder.resolve("stored");
    }

    @Test
    void takesAndGivesALargeFileInLittleMemory() throws IOException {
        CRC32C sent = new CRC32C();
        try (Socket socket = program.connect()) {
            OutputStream out = socket.getOutputStream();
            send(out, "PUT /files/large HTTP/1.1\r\nHost: x\r\nContent-Length: " + LARGE);
            ByteBuffer block = ByteBuffer.allocate(BLOCK);
            for (long at = 0; at < LARGE; at += BLOCK) {
                block.putLong(0, at);
                sent.update(block.array());
                out.write(block.array());
            }
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 204 ");
        }
        assertThat(stored().resolve("large")).hasSize(LARGE);

        CRC32C received = new CRC32C();
        try (Socket socket = program.connect()) {
            send(socket.getOutputStream(), "GET /files/large HTTP/1.1\r\nHost: x");
            InputStream in = socket.getInputStream();
            assertThat(head(in)).contains("Content-Length: " + LARGE);
            byte[] bytes = new byte[BLOCK];
            for (long at = 0; at < LARGE; at += BLOCK) {
                assertThat(in.readNBytes(bytes, 0, BLOCK)).isEqualTo(BLOCK);
                received.update(bytes);
            }
        }
        assertThat(received.getValue()).isEqualTo(sent.getValue());
        Files.delete(stored().resolve("large"));
        assertThat(program.peakKib()).isLessThan(MOST_KIB);
    }

    private static void send(OutputStream out, String head) throws IOException {
        out.write((head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(in.read());
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void givesRanges() throws Exception {
        Files.writeString(stored().resolve("letters"), "abcdefgh");
        var response =
                program.send(
                        program.request("/files/letters").header("Range", "bytes=2-4").build());
        assertThat(response.statusCode()).isEqualTo(206);
        assertThat(response.body()).isEqualTo("cde");
    }

    @Test
    void storesFilesOfAFormUnderNamesOfItsOwn() throws Exception {
        Set<Path> before = files(folder);
        String content = "a line\n".repeat(100_000); // it is on disk while it comes
        String form =
                "--x\r\n"
                        + "Content-Disposition: form-data; name=\"file\";"
                        + " filename=\"../../evil\"\r\n\r\n"
                        + content
                        + "\r\n--x--\r\n";
        var response =
                program.send(
                        program.request("/files")
                                .header("Content-Type", "multipart/form-data; boundary=x")
                                .POST(BodyPublishers.ofString(form))
                                .build());
        assertThat(response.statusCode()).isEqualTo(303);
        assertThat(response.headers().firstValue("Location")).hasValue("/files/");
        Set<Path> files = files(folder);
        files.removeAll(before);
        assertThat(files).singleElement().satisfies(file -> assertThat(file).hasParent(stored()));
        Path file = files.iterator().next();
        assertThat(file).hasContent(content);
        assertThat(program.get("/files/").body()).contains(file.getFileName().toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/files/..",
                "/files/%2e%2e",
                "/files/.",
                "/files/../../evil",
                "/files/..%2fevil",
                "/files/%2e%2e%2fevil",
                "/files//tmp/evil",
                "/files/%2ftmp%2fevil",
                "/files/a%00b",
                "/files/"
            })
    void storesNothingOutsideOfItsFolder(String target) throws IOException {
        Set<Path> before = files(folder);
        try (Socket socket = program.connect()) {
            String head = "PUT " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1";
            send(socket.getOutputStream(), head);
            socket.getOutputStream().write('x');
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 4");
        }
        assertThat(files(folder)).isEqualTo(before);
    }

    private static Set<Path> files(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.collect(Collectors.toSet());
        }
    }

    @Test
    void showsHowMuchIsStored() throws Exception {
        assertThat(program.get("/").body()).contains("new EventSource('/stored')");
        var events =
                program.client()
                        .send(program.request("/stored").build(), BodyHandlers.ofInputStream());
        try (var lines =
                new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).matches("data: \\d+ bytes");
        }
    }
}

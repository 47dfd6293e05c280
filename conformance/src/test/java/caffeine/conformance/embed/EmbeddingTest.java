package caffeine.conformance.embed;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.JavaProgram;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Programs that have the server in them: those of README and docs/library.md, and one with little
 * heap.
 */
@DisplayName("A program with the server in it")
@Timeout(600)
class EmbeddingTest {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\n(.*?)^```$");
    private static final String GET = "GET /there HTTP/1.1\r\nHost: x\r\n\r\n";

    @Test
    void theReadmesServerAnswers() throws Exception {
        String program = documented("Server.start(8080,").replace("8080", "0");
        try (JavaProgram running = JavaProgram.of(program)) {
            try (Socket client = running.connect()) {
                send(client, GET);
                String answer = untilClosedOr(client, "/there\n");
                assertThat(answer)
                        .startsWith("HTTP/1.1 200 OK\r\n")
                        .contains("Content-Type: text/plain; charset=utf-8\r\n")
                        .endsWith("You asked for /there\n");
            }
        }
    }

    @Test
    void theRoutesOfTheLibrarysPageAnswer() throws Exception {
        String program = documented("Router.create()").replace("8080", "0");
        try (JavaProgram running = JavaProgram.of(program);
                Socket client = running.connect()) {
            send(client, GET.replace("/there", "/notes/7"));
            assertThat(untilClosedOr(client, "}"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("{\"id\": 7}");
            send(client, GET);
            assertThat(untilClosedOr(client, "\r\n\r\n")).startsWith("HTTP/1.1 404 Not Found\r\n");
        }
    }

    @Test
    void theReadmesTestRuns() throws Exception {
        try (JavaProgram running = JavaProgram.of(documented("TestClient"))) {
            assertThat(running.awaitEnd()).isZero();
            assertThat(running.output()).isEqualTo("QUIET!\n");
        }
    }

    /** A gigabyte to each; the heap has room for a hundredth of it. */
    private static final String GIGABYTE =
            """
            import caffeine.http.ResponseHead;
            import caffeine.server.options.Deadlines;
            import caffeine.server.options.ServerOptions;
            import caffeine.server.embed.Server;
            import caffeine.server.handler.Handlers;

            class Gigabyte {
                public static void main(String[] arguments) throws Exception {
                    long hour = 3_600_000_000_000L; // however slow the machine is
                    Deadlines patient = new Deadlines(hour, hour, hour, hour, hour, 0);
                    ServerOptions options = ServerOptions.onPort(0).withDeadlines(patient);
                    Server server = Server.startWith(options, Handlers.streaming(exchange -> {
                        byte[] piece = new byte[10_000];
                        try (var out = exchange.respond(ResponseHead.of(200), 1_000_000_000)) {
                            for (int i = 0; i < 100_000; i++) {
                                out.write(piece);
                            }
                        }
                    }));
                    System.out.println("listening on " + server.url());
                }
            }
            """;

    @Test
    void slowReadersOfAGigabyteEachNeedNoHeap() throws Exception {
        int slow = 20;
        List<Socket> clients = new ArrayList<>();
        List<String> littleMemory =
                List.of("-Xmx16m", "-XX:MaxDirectMemorySize=32m", "-XX:+ExitOnOutOfMemoryError");
        try (Tree folder = new Tree();
                JavaProgram running = JavaProgram.of(compiled(folder), "Gigabyte", littleMemory)) {
            for (int i = 0; i < slow; i++) {
                Socket client = running.connect();
                clients.add(client);
                send(client, GET);
                assertThat(client.getInputStream().readNBytes(1000)).hasSize(1000); // then nothing
            }
            try (Socket quick = running.connect()) {
                send(quick, GET);
                long left = 1_000_000_000;
                byte[] some = new byte[1 << 20];
                while (left > 0) {
                    int count = quick.getInputStream().read(some);
                    assertThat(count).as("of the last %s bytes", left).isPositive();
                    left -= count;
                }
            }
            for (Socket client : clients) { // each still gets what it asks for
                assertThat(client.getInputStream().readNBytes(10_000_000)).hasSize(10_000_000);
                client.close();
            }
            assertThat(running.isAlive()).isTrue();
            assertThat(running.output()).startsWith("listening").hasLineCount(1);
        }
    }

    // ---- programs

    /** The program with this text, of the README and of the page about the library. */
    private static String documented(String mark) throws IOException {
        Set<String> programs = new HashSet<>();
        for (String page : List.of("README.md", "docs/library.md")) {
            BLOCK.matcher(Files.readString(Repository.root().resolve(page)))
                    .results()
                    .map((MatchResult block) -> block.group(1))
                    .filter(program -> program.contains(mark))
                    .forEach(programs::add);
        }
        assertThat(programs).as("the same program on each page").hasSize(1);
        return programs.iterator().next();
    }

    private static Path compiled(Tree folder) throws Exception {
        folder.file("Gigabyte.java", GIGABYTE, "rw-r--r--");
        Process javac =
                new ProcessBuilder(
                                JavaProgram.tool("javac"),
                                "-p",
                                JavaProgram.modules(),
                                "--add-modules=caffeine.server",
                                folder.resolve("Gigabyte.java").toString())
                        .inheritIO()
                        .start();
        assertThat(javac.waitFor()).isZero();
        return folder.root();
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String untilClosedOr(Socket client, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        InputStream in = client.getInputStream();
        while (text.indexOf(end) < 0) {
            int b = in.read();
            if (b < 0) {
                break;
            }
            text.append((char) b);
        }
        return text.toString();
    }
}

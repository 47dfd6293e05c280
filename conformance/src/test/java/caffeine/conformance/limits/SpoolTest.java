package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/** {@code --max-spool}: what a client has not taken of a script's response lies in a file. */
class SpoolTest {

    private static final int MIB = 1 << 20;
    private static final int SPOOL_BYTES = 4 * MIB;
    private static final int SMALL_BUFFER = 4096;

    /** On the borders of what memory and file hold, and beyond. */
    private static final int[] SIZES = {
        0, 1, 65_536, 262_144, 262_145, MIB, SPOOL_BYTES, SPOOL_BYTES + 1, 3 * SPOOL_BYTES + 17
    };

    private static final Pattern NAMELESS = Pattern.compile("/.*/#\\d+ \\(deleted\\)");

    /** One script may run: those of clients that do not read end all the same. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void freesTheScriptAndKeepsEveryByte(EngineKind engine) throws IOException {
        engine.servesSeveralAtOnce();
        byte[] content = new byte[SIZES[SIZES.length - 1]];
        new Random(3).nextBytes(content);
        try (Tree tree = new Tree();
                Server server = server(tree, engine)) {
            Files.write(tree.resolve("content"), content);
            tree.sh(
                    "cgi-bin/part",
                    Scripts.CGI_HEAD + "head -c $QUERY_STRING " + tree.resolve("content") + "\n");
            List<Wire> readers = new ArrayList<>();
            for (int size : SIZES) {
                Wire wire = slowReader(server);
                wire.send(Requests.get("/cgi-bin/part?" + size));
                if (size <= SPOOL_BYTES) {
                    server.awaitNoHandlers();
                }
                readers.add(wire);
            }
            for (int i = SIZES.length - 1; i >= 0; i--) {
                try (Wire wire = readers.get(i).renew(Await.PATIENCE)) {
                    Response response = wire.response();
                    assertThat(response.status()).isEqualTo(200);
                    String expected = new String(content, 0, SIZES[i], ISO_8859_1);
                    assertThat(response.text().equals(expected)).as(SIZES[i] + " bytes").isTrue();
                }
            }
            Await.until("no file is left", () -> spools(server) == 0);
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void closesTheFileOfAClientThatHasGone(EngineKind engine) throws IOException {
        engine.servesSeveralAtOnce();
        try (Tree tree = new Tree();
                Server server = server(tree, engine)) {
            tree.sh("cgi-bin/much", Scripts.CGI_HEAD + "head -c " + SPOOL_BYTES + " /dev/zero\n");
            try (Wire whole = slowReader(server);
                    Wire part = slowReader(server)) {
                whole.send(Requests.get("/cgi-bin/much"));
                server.awaitNoHandlers();
                Await.until("it has a file", () -> spools(server) == 1);
                part.send(Requests.get("/cgi-bin/much"));
                Await.until("the other has one", () -> spools(server) == 2);
                whole.reset();
                part.reset();
            }
            Await.until("no file is left", () -> spools(server) == 0);
            server.awaitNoHandlers();
            server.stop();
        }
    }

    /** As it does beyond the limit; what it had written is not lost. */
    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void hasTheScriptWaitWhenThereCanBeNoFile(EngineKind engine) throws IOException {
        byte[] content = new byte[2 * SPOOL_BYTES];
        new Random(4).nextBytes(content);
        try (Tree tree = new Tree();
                Server server = builder(tree, engine).with("TMPDIR", "/missing").start();
                Wire wire = slowReader(server)) {
            Files.write(tree.resolve("content"), content);
            tree.sh("cgi-bin/all", Scripts.CGI_HEAD + "cat " + tree.resolve("content") + "\n");
            wire.send(Requests.get("/cgi-bin/all"));
            server.log().await("WARN .*/cgi-bin/all: waits for its client.* /missing: ENOENT.*");
            assertThat(server.handlers()).isNotEmpty();
            assertThat(wire.response().text().equals(new String(content, ISO_8859_1))).isTrue();
            server.awaitNoHandlers();
            server.stop();
        }
    }

    private static Server server(Tree tree, EngineKind engine) {
        return builder(tree, engine).start();
    }

    private static Server.Builder builder(Tree tree, EngineKind engine) {
        return Server.of(tree.root(), engine)
                .options("--max-handlers=1", "--max-spool=" + SPOOL_BYTES, "--min-send-rate=0");
    }

    private static Wire slowReader(Server server) {
        return Wire.connect(
                server.address(), Await.PATIENCE, StandardSocketOptions.SO_RCVBUF, SMALL_BUFFER);
    }

    private static long spools(Server server) {
        List<Integer> processes = new ArrayList<>(server.workers());
        processes.add(server.pid());
        return processes.stream()
                .flatMap(pid -> Procs.descriptors(pid).values().stream())
                .filter(target -> NAMELESS.matcher(target).matches())
                .count();
    }
}

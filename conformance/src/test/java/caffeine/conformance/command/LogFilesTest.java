package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Load;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A log of requests in a file of its own: what it says, and that it never stands in the way. */
class LogFilesTest {

    private Tree tree;
    private Path access;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        tree.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
        tree.sh("cgi-bin/busy", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exit 3\n");
        tree.sh("nph-direct", Scripts.DIRECT_HEAD + "echo hello\nkill -KILL $$\n");
        access = tree.resolve("access.log");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    private Server.Builder logging(String... options) {
        return Server.of(tree.root()).options("--access-log", access.toString()).options(options);
    }

    private static Server.Builder hello(EngineKind engine, Path access) {
        return Server.with("--app", "hello", "--port", "0")
                .options(engine.options())
                .patient()
                .options("--access-log", access.toString());
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> awaitLines(Path file, int count) {
        Await.until(
                () -> count + " lines: " + lines(file),
                Await.PATIENCE,
                () -> lines(file).size() >= count);
        return lines(file);
    }

    @Nested
    class Lines {
        @Test
        void areInCombinedFormatWithTheHandlersEnd() {
            try (Server server = logging().start()) {
                server.exchange(
                        Requests.get(
                                "/cgi-bin/hello?a",
                                "Referer: http://b.test/",
                                "User-Agent: a \"b\"",
                                "Connection: close"));
                String line = awaitLines(access, 1).getFirst();
                assertThat(line)
                        .matches(
                                "127\\.0\\.0\\.1 - - \\[\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d"
                                        + " \\+0000\\] \"GET /cgi-bin/hello\\?a HTTP/1\\.1\" 200 6"
                                        + " \"http://b\\.test/\" \"a \\\\x22b\\\\x22\""
                                        + " time=\\d+\\.\\d\\dms exit=0 cpu=\\d+\\.\\d\\dms");
                server.get("/nph-direct");
                assertThat(awaitLines(access, 2).getLast())
                        .contains("\"GET /nph-direct HTTP/1.1\" - ", " exit=SIGKILL cpu=");
                server.get("/missing");
                assertThat(awaitLines(access, 3).getLast()).contains(" 404 ", " exit=- cpu=-");
                server.get("/cgi-bin/busy");
                String busy = awaitLines(access, 4).getLast();
                assertThat(busy).contains(" 502 ", " exit=3 ").doesNotContain("cpu=0.");
                assertThat(server.log().lines()).noneMatch(said -> said.contains("\"GET "));
                server.stop();
            }
        }

        @Test
        void areJsonWhateverARequestHolds() {
            Run.needs("python3", "python3");
            try (Server server = logging("--access-format", "json").start()) {
                server.exchange(
                        Requests.get(
                                "/missing?\\|\u00e9\"",
                                "User-Agent: \u00ff\u0080\t\"\\",
                                "Connection: close"));
                server.exchange(Requests.get("/cgi-bin/hello", "User-Agent: \u00ff\"\\\t\u0080"));
                server.exchange("GET \0 HTTP/1.1\r\n\r\n");
                server.get("/nph-direct");
                awaitLines(access, 4);
                String code =
                        """
                        import json, sys
                        lines = open(sys.argv[1], 'rb').read().decode('utf-8').splitlines()
                        all = [json.loads(line) for line in lines]
                        hello = next(a for a in all if a['target'] == '/cgi-bin/hello')
                        assert hello['agent'] == '\\xff"\\\\\\t\\x80', hello
                        assert hello['exit'] == '0' and hello['cpu_ms'] > 0, hello
                        assert hello['status'] == 200 and hello['bytes'] == 6, hello
                        direct = next(a for a in all if a['target'] == '/nph-direct')
                        assert direct['status'] is None and direct['exit'] == 'SIGKILL', direct
                        print(len(all))
                        """;
                assertThat(Run.of("python3", "-c", code, access.toString()).output())
                        .isEqualTo("4\n");
                server.stop();
            }
        }

        @Test
        void goToStandardOutputIfAsked() {
            Server.Builder builder = Server.of(tree.root()).options("--access-log", "-");
            try (Server server = builder.start()) {
                server.get("/cgi-bin/hello");
                server.out().await("\"GET /cgi-bin/hello HTTP/1\\.1\" 200 6 ");
                server.stop();
            }
        }
    }

    @Nested
    class Rotation {
        @ParameterizedTest
        @MethodSource("caffeine.conformance.harness.EngineKind#some")
        void losesNoLine(EngineKind engine) throws Exception {
            try (Server server = hello(engine, access).start()) {
                Load load = Load.of(server, "/", 4);
                List<Path> files = new ArrayList<>(List.of(access));
                for (int i = 0; i < 10; i++) {
                    load.awaitAnswers(20);
                    Path old = tree.resolve("access.log." + i);
                    Files.move(access, old);
                    files.add(old);
                    server.signal("USR1");
                    Await.until("it is opened anew", () -> Files.exists(access));
                }
                load.awaitAnswers(20);
                load.stop();
                assertThat(load.lost()).isZero();
                server.stop();
                List<String> all = new ArrayList<>();
                files.forEach(file -> all.addAll(lines(file)));
                assertThat(all)
                        .hasSize(load.answers())
                        .allMatch(line -> line.matches("127.*\"GET / HTTP/1\\.1\" 200 .*cpu=-"));
                assertThat(server.log().lines()).noneMatch(line -> line.contains("not written"));
            }
        }

        @ParameterizedTest
        @MethodSource("caffeine.conformance.harness.EngineKind#some")
        void thatCannotBeLeavesTheLinesWhereTheyWent(EngineKind engine) throws IOException {
            Path folder = Files.createDirectory(tree.resolve("logs"));
            try (Server server = hello(engine, folder.resolve("access.log")).start()) {
                Path elsewhere = Files.move(folder, tree.resolve("elsewhere"));
                server.signal("USR1");
                server.log().await("ERROR.*access log .*ENOENT.*; lines still go to the old file");
                server.get("/");
                awaitLines(elsewhere.resolve("access.log"), 1);
                server.stop();
            }
        }
    }

    private static String readAll(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Nested
    class Trouble {
        @ParameterizedTest
        @MethodSource("caffeine.conformance.harness.EngineKind#some")
        void ofAReaderThatHasStoppedStopsNobodyElse(EngineKind engine) throws Exception {
            Path fifo = tree.resolve("fifo");
            Run.of("mkfifo", fifo.toString()).output();
            // It opens the pipe, and reads nothing until it is told to.
            Process reader =
                    new ProcessBuilder(
                                    "sh",
                                    "-c",
                                    "exec 3<\"$0\"; read x; exec cat <&3",
                                    fifo.toString())
                            .start();
            try (Server server = hello(engine, fifo).start()) {
                // A line has 120 bytes, the pipe 64 KiB.
                Load load = Load.of(server, "/", 4);
                load.awaitAnswers(2000);
                load.stop();
                assertThat(load.lost()).isZero();
                reader.getOutputStream().write('\n');
                reader.getOutputStream().close();
                CompletableFuture<String> all =
                        CompletableFuture.supplyAsync(() -> readAll(reader.getInputStream()));
                server.stop();
                String read = all.get();
                assertThat(read.lines()).allMatch(line -> line.endsWith("cpu=-"));
                assertThat(read.lines().count()).isEqualTo(load.answers());
            } finally {
                reader.destroyForcibly();
            }
        }

        @Test
        void ofAFullDiskIsSaidAndPasses() throws IOException {
            Run.needs("unshare", "util-linux");
            Run.needsRoot("mount a small disk");
            boolean allowed = Run.of("unshare", "-m", "true").outcome().exit() == 0;
            Assumptions.assumeTrue(allowed, "no mount namespace to be had here");
            Path disk = Files.createDirectory(tree.resolve("disk"));
            String mount = "mount -t tmpfs -o size=64k tmpfs " + disk + " && exec \"$@\"";
            Server.Builder small =
                    Server.of(tree.root())
                            .options("--access-log", disk + "/access.log")
                            .under("unshare", "-m", "sh", "-c", mount, "sh");
            try (Server server = small.start()) {
                Path inside = Path.of("/proc/" + server.pid() + "/root" + disk);
                Path filler = inside.resolve("filler");
                server.get("/cgi-bin/hello");
                awaitLines(inside.resolve("access.log"), 1);
                Run.of("sh", "-c", "head -c 100000 /dev/zero >\"$0\"; true", filler.toString())
                        .output();
                // What is left of the file's last page.
                String agent = "User-Agent: " + "x".repeat(600);
                Await.until(
                        "it is said",
                        () -> {
                            server.exchange(Requests.get("/missing", agent, "Connection: close"));
                            return server.log().has("WARN.*access log: cannot be written: ENOSPC");
                        });
                assertThat(server.get("/cgi-bin/hello").text()).isEqualTo("hello\n");
                Files.delete(filler);
                Await.until(
                        "it is counted",
                        () -> {
                            server.get("/cgi-bin/hello?again");
                            return server.log()
                                    .has("WARN.*access log: \\d+ lines? .* not written: ENOSPC");
                        });
                Await.until(
                        "lines are whole again",
                        () ->
                                lines(inside.resolve("access.log"))
                                        .getLast()
                                        .matches("127.*again.*ms"));
                server.stop();
            }
        }
    }

    @Nested
    class Mistakes {
        @Test
        void ofAFolderThatIsNotThere() {
            Run.Outcome outcome =
                    Server.of(tree.root()).options("--access-log", "/nowhere/at/all").run();
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err())
                    .isEqualTo(
                            "caffeine: cannot open the access log /nowhere/at/all: ENOENT: No such"
                                    + " file or directory; its folder must be there and writable by"
                                    + " this user\n");
        }

        @Test
        void ofAFormat() {
            Run.Outcome outcome = Server.of(tree.root()).options("--access-format", "xml").run();
            assertThat(outcome.exit()).isEqualTo(2);
            assertThat(outcome.err())
                    .isEqualTo(
                            "caffeine: --access-format: \"xml\" is not one of its values; give"
                                    + " combined or json\n");
        }
    }
}

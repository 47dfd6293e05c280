package caffeine.server.shared;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Processes;
import caffeine.server.core.Handler;
import caffeine.server.engine.Engine;
import caffeine.server.engine.EngineSetup;
import caffeine.server.handler.Handlers;
import caffeine.server.handler.Response;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.TestOptions;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The processors on which the threads of the engine run. */
@ExtendWith(NoLeaks.class)
class SharedThreadsTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

    private static EngineSetup setup(ServerOptions options, int threads, String pin) {
        return new EngineSetup(
                options, threads, Map.of("pin", pin), false, null, List::of, Path.of(""));
    }

    private static EngineSetup inProgram(int threads, Handler handler) {
        return EngineSetup.inProgram(TestOptions.defaults(), threads, handler);
    }

    private interface Visit {
        void to(InetSocketAddress server) throws Exception;
    }

    private static void whileServing(EngineSetup setup, Visit visit) throws Exception {
        Engine engine = new SharedEngine(setup);
        InetSocketAddress address = (InetSocketAddress) engine.start(_ -> {}).getFirst();
        try {
            visit.to(address);
        } finally {
            engine.stop();
            engine.awaitEnd();
        }
        assertThat(engine.failure()).isNull();
    }

    /** By the names of the threads: the processors that they may run on (man 5 proc). */
    private static Map<String, String> processors() throws IOException {
        Map<String, String> all = new HashMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    String name = Files.readString(task.resolve("comm")).strip();
                    all.put(name, allowed(Files.readString(task.resolve("status"))));
                } catch (IOException _) {
                    // It has ended meanwhile.
                }
            }
        }
        return all;
    }

    private static String allowed(String status) {
        String key = "Cpus_allowed_list:";
        return status.lines()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(key.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    private static String ofThisThread() throws IOException {
        return allowed(Files.readString(Path.of("/proc/thread-self/status")));
    }

    @Test
    void eachThreadStaysOnItsProcessorAndNoOtherThreadDoes() throws Exception {
        int[] available = Processes.availableCpus();
        String unpinned = ofThisThread();
        whileServing(
                inProgram(available.length, Handlers.always(Response.text("hello"))),
                address -> {
                    try (WireClient client = new WireClient(address)) {
                        assertThat(client.ask(REQUEST).status()).isEqualTo(200);
                    }
                    Until.holds("all are pinned", () -> pinned().size() == available.length);
                    for (int i = 0; i < available.length; i++) {
                        assertThat(pinned()).containsEntry("shared-" + (i + 1), "" + available[i]);
                    }
                    assertThat(processors())
                            .containsEntry("supervisor", unpinned)
                            .containsEntry("loop-monitor", unpinned)
                            .containsEntry("log", unpinned);
                });
    }

    private static Map<String, String> pinned() throws IOException {
        return processors().entrySet().stream()
                .filter(e -> e.getKey().startsWith("shared-") && e.getValue().matches("\\d+"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Test
    void withoutPinningTheyRunAnywhere(@TempDir Path folder) throws Exception {
        String unpinned = ofThisThread();
        ServerOptions options = TestOptions.serving(folder);
        whileServing(
                setup(options, 2, "no"),
                _ -> {
                    // A thread has its name a moment after it was started.
                    List<String> both = List.of("shared-1", "shared-2");
                    Until.holds("both began", () -> processors().keySet().containsAll(both));
                    assertThat(processors())
                            .containsEntry("shared-1", unpinned)
                            .containsEntry("shared-2", unpinned);
                });
    }

    @Test
    void scriptsRunAnywhere(@TempDir Path folder) throws Exception {
        Path script = folder.resolve("where.cgi");
        Files.writeString(
                script,
                """
                #!/bin/sh
                printf 'Content-Type: text/plain\\n\\n'
                grep Cpus_allowed_list /proc/self/status
                """);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        String unpinned = ofThisThread();
        whileServing(
                setup(TestOptions.serving(folder), 2, "yes"),
                address -> {
                    try (WireClient client = new WireClient(address)) {
                        Reply reply = client.ask("GET /where.cgi HTTP/1.1\r\nHost: a.test\r\n\r\n");
                        assertThat(reply.status()).isEqualTo(200);
                        assertThat(allowed(reply.text())).isEqualTo(unpinned);
                    }
                });
    }
}

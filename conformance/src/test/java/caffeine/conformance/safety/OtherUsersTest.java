package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

/** What another user of the same machine can do: nothing. */
class OtherUsersTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        TREE.sh(
                "cgi-bin/stdin",
                Scripts.CGI_HEAD + "readlink /proc/$$/fd/0\nstat -Lc %a /proc/$$/fd/0\n");
        TREE.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
    }

    @BeforeAll
    static void needs() {
        Run.needs("python3", "python3");
    }

    @Test
    void cannotTalkToTheControlSocket() {
        Run.needsRoot("act as another user");
        // The folder above ours is made passable: only what the server made must protect it.
        Run.of("chmod", "755", LEAKS.server().home().toString()).output();
        Run.of("chmod", "755", LEAKS.server().runDirectory().toString()).output();

        Outcome outcome = connect("os.setgroups([]); os.setgid(65534); os.setuid(65534)");

        assertThat(outcome.out()).isEqualTo("Permission denied\n");
    }

    @Test
    void cannotMakeAServerDeleteForIt() throws IOException {
        Run.needsRoot("make a folder of another user");
        try (Tree run = new Tree()) {
            Path bait = Files.createDirectory(run.resolve("caffeine-1-0"));
            Path control = Files.writeString(bait.resolve("control"), "precious");
            Run.of("chown", "65534", bait.toString()).output();
            Instant longAgo = Instant.now().minus(Duration.ofMinutes(5));
            Files.setLastModifiedTime(bait, FileTime.from(longAgo));
            Server.Builder builder =
                    Server.of(TREE.root()).with("XDG_RUNTIME_DIR", run.root().toString());
            try (Server server = builder.start()) {
                assertThat(control).hasContent("precious");
                server.signal("TERM").awaitExit();
            }
        }
    }

    @Test
    void aStrangerOfTheSameUserIsTurnedAway() {
        assertThat(connect("").out()).isIn("turned away\n", "Connection refused\n");
        LEAKS.server().log().await("WARN.*pid");
        assertThat(LEAKS.server().get("/cgi-bin/hello").text()).isEqualTo("hello\n");
    }

    @Test
    void findsNoFileWithAnothersContent() {
        Response small = LEAKS.server().exchange(Requests.post("/cgi-bin/stdin", "hello"));
        assertThat(small.text()).startsWith("/memfd:");

        Response large =
                LEAKS.server().exchange(Requests.post("/cgi-bin/stdin", "hello".repeat(400_000)));
        assertThat(large.text()).contains(" (deleted)\n").endsWith("\n600\n");
    }

    /** Connects to the control socket, from a process that the server did not start. */
    private static Outcome connect(String firstStatement) {
        Path socket =
                Tree.list(LEAKS.server().runDirectory()).stream()
                        .filter(path -> !Files.isDirectory(path))
                        .findFirst()
                        .orElseThrow();
        String code =
                """
                import os, socket, sys
                exec(sys.argv[2])
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(60)
                try:
                    s.connect(sys.argv[1])
                    s.send(b'\\1')
                    print('turned away' if s.recv(1) == b'' else 'let in')
                except ConnectionResetError:
                    print('turned away')
                except BrokenPipeError:
                    print('turned away')
                except OSError as e:
                    print(e.strerror)
                """;
        Outcome outcome =
                Run.of("python3", "-c", code, socket.toString(), firstStatement).outcome();
        Await.until(
                "the server still runs",
                () -> Procs.isAlive(LEAKS.server().pid()) && LEAKS.server().isAlive());
        return outcome;
    }
}

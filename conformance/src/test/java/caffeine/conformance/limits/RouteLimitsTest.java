package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What scripts below a path may use, each limit with a script that wants more. */
class RouteLimitsTest {

    private static final String HEAD = "print('Content-Type: text/plain\\n', flush=True)\n";

    /** A user whom no other test has processes of. */
    private static final String USER = "games";

    private static final Tree TREE = new Tree();
    private static Server server;

    @BeforeAll
    static void start() throws IOException {
        TREE.python("cpu/endless", "while True:\n    pass\n");
        TREE.python(
                "memory/large",
                HEAD
                        + "try:\n    bytearray(1 << 29)\n    print('works')\n"
                        + "except MemoryError:\n    print('refused')\n");
        TREE.python(
                "files/many",
                "import os\n"
                        + HEAD
                        + "files = []\n"
                        + "try:\n"
                        + "    while len(files) < 100:\n"
                        + "        files.append(os.open('/dev/null', os.O_RDONLY))\n"
                        + "    print('works')\n"
                        + "except OSError as e:\n"
                        + "    print(max(files), e.strerror)\n");
        TREE.python(
                "size/long",
                "import os, tempfile\n"
                        + HEAD
                        + "with tempfile.TemporaryFile(buffering=0) as file:\n"
                        + "    try:\n"
                        + "        while file.tell() < 1 << 20:\n"
                        + "            file.write(bytes(1000))\n"
                        + "        print('works')\n"
                        + "    except OSError as e:\n"
                        + "        print(file.tell(), e.strerror)\n");
        String nice = "import os\n" + HEAD + "print(os.nice(0))\n";
        TREE.python("nice/nice", nice);
        TREE.python("free/nice", nice);
        Path file = TREE.resolve("caffeine.toml");
        Files.writeString(
                file,
                """
                cgi = true
                path = "."
                port = 0
                workers = 1
                [routes."/cpu"]
                cpu-time = "1s"
                [routes."/memory"]
                memory = "128m"
                [routes."/files"]
                open-files = 20
                [routes."/size"]
                file-size = "64k"
                [routes."/nice"]
                nice = 3
                [routes."/nice/free"]
                nice = 0
                """);
        server = Server.with("--config", file.toString()).start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
        TREE.close();
    }

    private static String text(String target) {
        return server.get(target).text().strip();
    }

    @Test
    void processorTime() {
        assertThat(server.get("/cpu/endless").status()).isEqualTo(502);
        server.log().await("WARN.*/cpu/endless.*SIGXCPU.*");
    }

    @Test
    void memory() {
        assertThat(text("/memory/large")).isEqualTo("refused");
    }

    @Test
    void openFiles() {
        assertThat(text("/files/many")).isEqualTo("19 Too many open files");
    }

    @Test
    void fileSize() {
        assertThat(text("/size/long")).isEqualTo("65536 File too large");
    }

    @Test
    void niceness() {
        int free = Integer.parseInt(text("/free/nice"));
        assertThat(Integer.parseInt(text("/nice/nice"))).isEqualTo(Math.min(19, free + 3));
    }

    @Test
    void userAndItsProcesses() throws IOException {
        Run.needsRoot("run scripts as other users");
        try (Tree tree = new Tree()) {
            tree.sh("own/who", Scripts.CGI_HEAD + "id -un; id -G\n");
            tree.sh("who", "printf 'Content-Type: text/plain\\n\\n'; id -un\n");
            // No Python: it may lie where only root may look.
            tree.sh(
                    "own/regain",
                    Scripts.CGI_HEAD
                            + "setpriv --reuid=0 true 2>/dev/null && echo works || echo refused\n");
            tree.sh(
                    "own/many",
                    Scripts.CGI_HEAD
                            + "exec 2>/dev/null\n"
                            + "(for i in $(seq 100); do sleep 3 & echo $i; done)\nexit 0\n");
            for (String folder : new String[] {"", "own"}) {
                Files.setPosixFilePermissions(
                        tree.resolve(folder), PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            Path file = tree.resolve(".caffeine.toml");
            String routes = "[routes.\"/own\"]\nuser = \"" + USER + "\"\nprocesses = 12\n";
            Files.writeString(file, "cgi = true\npath = \".\"\nport = 0\n" + routes);
            try (Server root = Server.with("--config", file.toString(), "-w", "1").start()) {
                assertThat(root.get("/own/who").text())
                        .isEqualTo(USER + "\n" + Run.of("id", "-G", USER).output());
                assertThat(root.get("/who").text()).isEqualTo("root\n");
                assertThat(root.get("/own/regain").text()).isEqualTo("refused\n");
                assertThat(root.get("/own/many").text().lines().count()).isBetween(8L, 11L);
                root.stop();
            }
            Run.Outcome both = Server.with("--config", file.toString(), "--user", "nobody").run();
            assertThat(both.exit()).isEqualTo(1);
            assertThat(both.err())
                    .startsWith("caffeine: scripts below /own/ cannot run as games: that takes");
            Files.writeString(file, routes.replace(USER, "no-such-user"));
            Run.Outcome unknown = Server.with("--config", file.toString()).run();
            assertThat(unknown.exit()).isEqualTo(1);
            assertThat(unknown.err()).contains(":2: ").contains("names no user of this machine");
        }
    }
}

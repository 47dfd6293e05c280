package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the container file relies on, without a container engine: its steps in a layer over this
 * system, and its server as process 1 of a process namespace, and as nobody.
 */
class ContainerTest {

    private static final Pattern PORT = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+) ");

    private final Tree tree = new Tree();
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void scripts() throws IOException {
        Run.needs("unshare", "util-linux");
        Run.needsRoot("make namespaces");
        assertThat(Build.outcome().exit()).as(Build.outcome().toString()).isZero();
        tree.sh("srv/hello", Scripts.DIRECT_HEAD + "echo hello\n");
        tree.sh("srv/leaves", Scripts.DIRECT_HEAD + "(sleep 0.1; exit 3) >/dev/null 2>&1 &\n");
        tree.sh("srv/slow", Scripts.DIRECT_HEAD + ": >\"$PWD/../slow\"; sleep 1; echo slow\n");
        Run.of("chmod", "-R", "a+rwX", tree.root().toString()).output();
    }

    @AfterEach
    void clean() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        tree.close();
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void asProcessOneItReapsAndDrains(EngineKind engine) throws Exception {
        Container container = start("--engine", engine.name());
        int port = container.port();
        int one = container.processOne();
        String status = "/proc/" + one + "/status";
        assertThat(Run.of("awk", "/^NSpid/ {print $NF}", status).output()).isEqualTo("1\n");

        assertThat(get(port, "/hello")).isEqualTo("hello\n");
        assertThat(health(port).exit()).isZero();
        for (int i = 0; i < 5; i++) {
            get(port, "/leaves");
        }
        Await.until(
                () -> "only workers below " + Procs.childrenOf(one),
                Await.PATIENCE,
                () ->
                        Procs.childrenOf(one).stream().noneMatch(Procs.Stat::isZombie)
                                && Run.of("pgrep", "-P", Integer.toString(one), "sleep")
                                                .outcome()
                                                .exit()
                                        == 1);

        Process client =
                new ProcessBuilder("curl", "-s", "http://127.0.0.1:" + port + "/slow").start();
        Await.until("slow runs", () -> Files.exists(tree.resolve("slow")));
        ProcessHandle.of(one).orElseThrow().destroy();
        assertThat(client.inputReader().readLine()).isEqualTo("slow");
        assertThat(container.process().waitFor()).isZero();
        assertThat(health(port).exit()).isEqualTo(1);
    }

    @Test
    void healthIsMoreThanAnOpenPort() throws IOException {
        try (var open = new ServerSocket(0)) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (var client = open.accept()) {
                                    client.getOutputStream()
                                            .write(
                                                    "HTTP/1.1 500 No\r\n\r\n"
                                                            .getBytes(StandardCharsets.US_ASCII));
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            });
            assertThat(health(open.getLocalPort()).exit()).isEqualTo(1);
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (var client = open.accept()) {
                                    client.setSoLinger(true, 0); // So that writing to it fails.
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            });
            assertThat(health(open.getLocalPort()).exit()).isEqualTo(1);
        }
    }

    /** Each COPY and RUN line as an engine would do it. */
    @Test
    void itsStepsWork() throws IOException {
        String file = Files.readString(Build.FOLDER.resolve("Containerfile"));
        assertThat(file)
                .contains(
                        "\nUSER 10001:10001\n",
                        "\nSTOPSIGNAL SIGTERM\n",
                        "\nENTRYPOINT [\"/usr/bin/caffeine\", ",
                        " CMD [\"/usr/lib/caffeine/health\", \"8080\"]\n");
        StringBuilder steps = new StringBuilder();
        for (String line : file.replace("\\\n", "").split("\n", -1)) {
            String[] words = line.split(" ", 3);
            if (words[0].equals("COPY")) {
                steps.append("mkdir -p system/$(dirname %s)\n".formatted(words[2]));
                steps.append("cp -RTp %s system%s\n".formatted(words[1], words[2]));
            } else if (words[0].equals("RUN")) {
                steps.append("chroot system sh -ec '").append(line.substring(4)).append("'\n");
            }
        }
        String script =
                """
                set -e
                folder='%s'
                cd "$folder"
                mount -t tmpfs layers .
                mkdir upper work system
                mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay system
                mount --bind /proc system/proc
                mount --bind /dev system/dev
                cp -Rp '%s/image' '%s/health' .
                %s
                exec chroot --userspec=10001:10001 system /usr/bin/caffeine --version
                """
                        .formatted(tree.root(), Build.FOLDER, Build.FOLDER, steps);
        Outcome outcome = Run.of("unshare", "--mount", "sh", "-c", script).outcome();
        assertThat(outcome.out()).as(outcome.toString() + steps).startsWith("caffeine 0.");
    }

    /** A server behind unshare. */
    private record Container(Process process, int port) {

        /** The child of unshare. */
        int processOne() {
            return Procs.childrenOf((int) process.pid()).getFirst().pid();
        }
    }

    private Container start(String... more) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"));
        command.addAll(List.of("setpriv", "--reuid=10001", "--regid=10001", "--clear-groups"));
        // Where the user may read it, as in a container.
        Path image = tree.resolve("image");
        Run.of("cp", "-Rp", Build.FOLDER.resolve("image").toString(), image.toString()).output();
        command.add(image.resolve("bin/caffeine").toString());
        command.addAll(List.of("--port", "0", "--path", tree.resolve("srv").toString()));
        command.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOME", tree.root().toString());
        builder.environment().remove("XDG_RUNTIME_DIR");
        Process server = builder.redirectError(tree.resolve("log").toFile()).start();
        started.add(server);
        // End of input, should it not start.
        Matcher port = PORT.matcher(String.valueOf(server.inputReader().readLine()));
        assertThat(port.find()).as(Files.readString(tree.resolve("log"))).isTrue();
        return new Container(server, Integer.parseInt(port.group(1)));
    }

    private static Outcome health(int port) {
        return Run.of("bash", Build.FOLDER.resolve("health").toString(), Integer.toString(port))
                .outcome();
    }

    private static String get(int port, String target) {
        return Run.of("curl", "-s", "http://127.0.0.1:" + port + target).output();
    }
}

package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** {@code --daemon}: a server in the background. */
class DaemonTest {

    private final Home home = new Home();
    private final String name = home.name();

    @AfterEach
    void clean() {
        home.close();
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void answersAsSoonAsItsStartReturns(EngineKind engine) {
        Home.Started server = home.start(name, "--engine", engine.name());

        assertThat(server.get("/hello")).isEqualTo("hello\n");
        assertThat(Home.text(Home.pidFile(name))).isEqualTo(server.pid() + "\n");
        assertThat(home.run("--list-instances").out())
                .containsPattern(
                        name
                                + " +"
                                + server.pid()
                                + " +running +http://127.0.0.1:"
                                + server.port()
                                + " +"
                                + engine.name());
        Outcome stopped = home.run("--stop", "--name", name);
        assertThat(stopped.exit()).as(stopped.toString()).isZero();
        assertThat(stopped.out()).isEqualTo("stopped " + name + " (pid " + server.pid() + ")\n");
        home.awaitNothingLeft();
    }

    @Test
    void keepsNothingOfWhoStartedIt() throws IOException {
        Run.needs("script", "bsdutils");
        // A terminal, a working directory and an open file, none of which the server may have.
        Path folder = Files.createDirectory(home.root().resolve("elsewhere"));
        Path open = Files.writeString(home.root().resolve("open"), "");
        String command =
                Repository.launcher() + " -d -n " + name + " -w 1 -p 0 --path ../site 7<" + open;
        Outcome outcome =
                Run.of("script", "-qec", command, "/dev/null")
                        .in(folder)
                        .withOnly(home.variables())
                        .outcome();
        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        Home.Started server =
                home.started(name, new Outcome(0, outcome.out().replace("\r", ""), ""));

        int pid = server.pid();
        assertThat(Procs.stat(pid).orElseThrow().session()).isEqualTo(pid);
        assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd"))).hasToString("/");
        Await.until(
                () -> "its output is let go: " + Procs.descriptors(pid),
                Await.PATIENCE,
                () -> "/dev/null".equals(Procs.descriptors(pid).get(1)));
        Map<Integer, String> descriptors = Procs.descriptors(pid);
        assertThat(descriptors)
                .containsEntry(0, "/dev/null")
                .containsEntry(2, home.file(name, ".log").toString());
        assertThat(descriptors.values())
                .doesNotContain(open.toString())
                .noneMatch(target -> target.startsWith("/dev/pts/") || target.startsWith("pipe:"));
        String stat = Home.text(Path.of("/proc/" + pid + "/stat"));
        assertThat(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[4]).isEqualTo("0");
        assertThat(server.get("/hello")).isEqualTo("hello\n");
        assertThat(home.run("-s", "-n", name).exit()).isZero();
        home.awaitNothingLeft();
    }

    @Test
    void saysWhyItDoesNotStart() throws IOException {
        try (var busy = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            String port = Integer.toString(busy.getLocalPort());

            Outcome outcome = home.run(home.startWords(name, "--port", port));

            assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(1);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err())
                    .isEqualTo(
                            "caffeine: cannot listen on 127.0.0.1:"
                                    + port
                                    + ": the port is in use; stop the process that uses it, or"
                                    + " choose another with --port (0 picks a free one)\n");
            assertThat(Home.text(home.file(name, ".log"))).isEqualTo(outcome.err());
        }
        home.awaitNothingLeft();
    }

    @Test
    void tellsAMistakeAsTheForegroundDoes() {
        Outcome usage = home.run("-d", "-n", name, "--port", "x");
        assertThat(usage.exit()).isEqualTo(2);
        assertThat(usage.err()).startsWith("caffeine: --port: \"x\" is not a number;");

        Outcome missing = home.run("-d", "-n", name, "--path", "missing");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err()).startsWith("caffeine: --path: missing is not there;");
        assertThat(home.root().resolve(".local")).doesNotExist();
    }

    @Test
    void saysThatThereIsNoPlaceForItsLog() {
        String[] words = home.startWords(name);
        for (String folder : new String[] {"/dev/null", "/proc"}) {
            Outcome outcome = home.command(words).with("HOME", folder).outcome();
            assertThat(outcome.exit()).as(outcome.toString()).isEqualTo(1);
            assertThat(outcome.err())
                    .startsWith("caffeine: " + folder + "/.local/share/caffeine cannot be made: ")
                    .contains(folder.equals("/proc") ? "it is not there" : "Not a directory")
                    .endsWith("so set HOME to a folder of yours\n")
                    .doesNotContain("Exception");
        }
        home.awaitNothingLeft();
    }

    @Test
    void saysWhoHasTheNameAlready() {
        Home.Started server = home.start(name);

        for (String how : new String[] {"--daemon", "--cgi"}) {
            Outcome second = home.run("-n", name, "-p", "0", "--path", "site", how);
            assertThat(second.exit()).as(second.toString()).isEqualTo(1);
            assertThat(second.out()).isEmpty();
            assertThat(second.err())
                    .isEqualTo(
                            "caffeine: "
                                    + name
                                    + " already runs as pid "
                                    + server.pid()
                                    + " on http://127.0.0.1:"
                                    + server.port()
                                    + "; stop it with caffeine --stop --name "
                                    + name
                                    + ", or choose another --name\n");
        }
        assertThat(server.get("/hello")).isEqualTo("hello\n");
    }

    @Test
    void startsAgainAfterAllOfItWasKilled() {
        Home.Started first = home.start(name);
        first.killAll();
        assertThat(Home.pidFile(name)).exists();

        Outcome list = home.run("-L");
        assertThat(list.out()).doesNotContain(name);
        assertThat(list.err()).contains(Home.pidFile(name) + " was left behind");

        Home.Started second = home.start(name);
        assertThat(second.pid()).isNotEqualTo(first.pid());
        assertThat(second.get("/hello")).isEqualTo("hello\n");
        assertThat(home.run("-s", "-n", name).exit()).isZero();
        home.awaitNothingLeft();
    }
}

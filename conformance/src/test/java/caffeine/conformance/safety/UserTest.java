package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.FreePort;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** {@code --user}: root opens the port, and nothing that follows is root. */
class UserTest {

    private static final String USER = "nobody";

    private Tree tree;

    @BeforeEach
    void makeTree() throws IOException {
        Run.needsRoot("become another user");
        Run.needs("setpriv", "util-linux");
        tree = new Tree();
        tree.sh(
                "cgi-bin/who",
                Scripts.CGI_HEAD
                        + "id -un; id -gn; id -G; grep -E '^Cap(Prm|Eff)' /proc/$$/status\n");
        tree.sh(
                "cgi-bin/regain",
                Scripts.CGI_HEAD
                        + "for id in --reuid --ruid --euid --regid --groups; do\n"
                        + "    setpriv $id=0 true && echo works || echo refused\n"
                        + "done 2>/dev/null\n");
        open(tree.root());
        open(tree.resolve("cgi-bin"));
    }

    @AfterEach
    void clean() {
        if (tree != null) {
            tree.close();
        }
    }

    private static void open(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Server.Builder builder(EngineKind engine) {
        return Server.with("--path", tree.root().toString(), "--user", USER)
                .patient()
                .options("--port", Integer.toString(FreePort.privileged()))
                .options(engine.options());
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void nothingIsRootOnceItListens(EngineKind engine) throws IOException {
        String uid = Run.of("id", "-u", USER).output().strip();
        String gid = Run.of("id", "-g", USER).output().strip();
        try (Server server = builder(engine).start()) {
            assertThat(server.port()).isLessThan(1024);
            assertThat(server.get("/cgi-bin/who").text().lines())
                    .containsExactly(
                            USER,
                            Run.of("id", "-gn", USER).output().strip(),
                            Run.of("id", "-G", USER).output().strip(),
                            "CapPrm:\t0000000000000000",
                            "CapEff:\t0000000000000000");
            assertThat(server.get("/cgi-bin/regain").text().lines())
                    .hasSize(5)
                    .allMatch(line -> line.equals("refused"));
            int threads = 0;
            for (Procs.Stat process : server.processes()) {
                for (List<String> thread : credentials(process.pid())) {
                    threads++;
                    assertThat(thread)
                            .containsExactly(
                                    String.join("\t", "Uid:", uid, uid, uid, uid),
                                    String.join("\t", "Gid:", gid, gid, gid, gid),
                                    "CapPrm:\t0000000000000000",
                                    "CapEff:\t0000000000000000");
                }
            }
            assertThat(threads).as("threads of a JVM or more").isGreaterThan(5);
            server.log().await("INFO.* runs as nobody \\(uid " + uid + ", .*standard error.*");
            server.stop();
        }
    }

    /** Of each thread of a process; those that end meanwhile, as a JVM's may, are nobody. */
    private static List<List<String>> credentials(int pid) throws IOException {
        List<List<String>> all = new ArrayList<>();
        for (Path thread : Procs.tasks(pid, "")) {
            try (Stream<String> lines = Files.lines(thread.resolve("status"))) {
                all.add(lines.filter(l -> l.matches("(Uid|Gid|CapPrm|CapEff):.*")).toList());
            } catch (NoSuchFileException | UncheckedIOException gone) {
                assertThat(thread).doesNotExist();
            }
        }
        return all;
    }

    @Test
    void aNewWorkerIsThatUserToo() {
        try (Server server = builder(EngineKind.PREFORK).start()) {
            List<Integer> first = server.workers();
            first.forEach(pid -> Procs.kill("KILL", pid));
            Await.until(
                    "two new workers",
                    () ->
                            server.workers().size() == 2
                                    && server.workers().stream().noneMatch(first::contains));
            assertThat(server.get("/cgi-bin/who").text()).startsWith(USER + "\n");
            server.stop();
        }
    }

    @Test
    void staysThatUserWhateverItsConfigurationSaysLater() throws IOException {
        Path file = tree.resolve("caffeine.toml");
        String text = "path = \".\"\nport = 0\nworkers = 1\nmax-handlers = 5\n";
        Files.writeString(file, text + "user = \"nobody\"\n");
        // Its log lies where it may not look any more.
        String name = "user-reload-" + ProcessHandle.current().pid();
        try (Server server = Server.with("--config", file.toString(), "-n", name).start()) {
            Files.writeString(file, text.replace("workers = 1", "workers = 2"));
            server.signal("HUP");
            server.log().await("WARN.*reload: .*the user stay as they were until a restart");
            server.log().await("INFO.*reload: done.*");
            assertThat(server.get("/cgi-bin/who").text()).startsWith(USER + "\n");
            // What is to be known of it lies there too.
            Await.until(
                    "it is listed with two workers",
                    () ->
                            Server.with("-L", "--json")
                                    .runIn(server.home())
                                    .out()
                                    .contains("\"workers\":2,"));
            server.stop();
        }
    }

    @Test
    void aGroupOfChoiceIsTheOnlyOne() {
        String gid = Run.of("getent", "group", "daemon").output().split(":", -1)[2];
        try (Server server =
                builder(EngineKind.SHARDED).options("--user", USER + ":daemon").start()) {
            assertThat(server.get("/cgi-bin/who").text())
                    .startsWith(USER + "\ndaemon\n" + gid + "\n");
        }
    }

    @Test
    void underANameItIsFoundAndStoppedByRoot() throws IOException {
        String name = "user-" + ProcessHandle.current().pid();
        try (Tree home = new Tree()) {
            String path = home.root().toString();
            for (int round = 0; round < 2; round++) {
                Run.Outcome started =
                        builder(EngineKind.PREFORK)
                                .with("HOME", path)
                                .options("-n", name, "-d")
                                .run();
                assertThat(started.exit()).as(started.toString()).isZero();
                Run.Outcome listed = Server.with("-L").with("HOME", path).run();
                Run.Outcome stopped = Server.with("-s", "-n", name).with("HOME", path).run();
                assertThat(listed.out()).contains(name).contains("http://127.0.0.1:");
                assertThat(stopped.exit()).as(stopped.toString()).isZero();
                assertThat(Path.of("/tmp/caffeine_" + name + ".pid")).doesNotExist();
                assertThat(Server.with("-L").with("HOME", path).run().out()).doesNotContain(name);
            }
            Path log = home.resolve(".local/share/caffeine/" + name + ".log");
            assertThat(Files.readString(log))
                    .containsPattern("INFO.* runs as nobody .*its log stays " + log);
        }
    }

    @Test
    void itsSocketFileIsThatUsersToRemove() throws IOException {
        Path folder = Files.createDirectory(tree.resolve("run"));
        Run.of("chown", USER, folder.toString()).output();
        Path socket = folder.resolve("web.sock");
        try (Server server =
                Server.with("--path", tree.root().toString(), "--user", USER, "-w", "1")
                        .options("--bind", "unix:" + socket)
                        .start()) {
            assertThat(Files.getOwner(socket).getName()).isEqualTo(USER);
            assertThat(server.get("/cgi-bin/who").text()).startsWith(USER + "\n");
            server.stop();
            assertThat(socket).doesNotExist();
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void saysWhatThatUserMayNotRead(EngineKind engine) throws IOException {
        Path closed = Files.createDirectory(tree.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        Run.Outcome outcome =
                builder(engine).options("--path", closed.toString(), "--port", "0").run();
        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err())
                .isEqualTo(
                        "caffeine: --user: nobody may not read "
                                + closed
                                + "; allow it, also in the folders above, or move it to where"
                                + " nobody may\n");
    }

    @Test
    void refusesWhoIsNobody() {
        assertRefused("no-such-user", 2, "names no user of this machine");
        assertRefused("", 2, "names no user of this machine");
        assertRefused(USER + ":no-such-group", 2, "names no group of this machine");
        assertRefused("root", 2, "is root, so the server would keep all rights");
    }

    private void assertRefused(String user, int exit, String reason) {
        Run.Outcome outcome = builder(EngineKind.SHARDED).options("--user", user).run();
        assertThat(outcome.err()).startsWith("caffeine: --user: \"" + user + "\" " + reason);
        assertThat(outcome.exit()).isEqualTo(exit);
    }

    @Test
    void needsRoot() {
        Run.needs("setpriv", "util-linux");
        Run.Outcome outcome =
                builder(EngineKind.SHARDED)
                        .under("setpriv", "--reuid=61235", "--regid=61235", "--clear-groups")
                        .run();
        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err()).startsWith("caffeine: --user: only root can become nobody; ");
    }

    @Test
    void rootIsWarned() {
        try (Server server = Server.of(tree.root()).start()) {
            server.log().await("WARN.* runs as root, and so do all scripts; .*--user nobody.*");
        }
    }
}

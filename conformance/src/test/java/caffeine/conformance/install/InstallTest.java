package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Repository;
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
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** From {@code ./build.sh} to a server that runs without a Java of the machine's, and back. */
class InstallTest {

    private static final long MOST_BYTES = 90L << 20;

    private final Tree tree = new Tree();
    private final Path prefix = tree.resolve("a prefix with spaces");
    private final String name = "installed-" + ProcessHandle.current().pid();
    private final Path pidFile = Path.of("/tmp/caffeine_" + name + ".pid");

    @BeforeEach
    void needs() {
        Run.needs("make", "make");
        tree.sh("site/direct", Scripts.DIRECT_HEAD + "echo direct\n");
        tree.sh("site/cgi-bin/cgi", Scripts.CGI_HEAD + "echo cgi\n");
    }

    @AfterEach
    void clean() throws IOException {
        if (Files.exists(pidFile)) {
            stop();
        }
        tree.close();
    }

    @Test
    void saysTheNextStep() {
        assertThat(Build.outcome().exit()).as(Build.outcome().toString()).isZero();
        assertThat(Build.outcome().out())
                .startsWith("Built for /opt/the default (")
                .endsWith(" Next:\n\n  cd " + Build.FOLDER + "\n  make install\n");
    }

    @Test
    void isBuiltWithoutCachesWhenTheirTrainingFails() {
        Path build = tree.resolve("build");
        Outcome outcome =
                Run.of(Repository.root().resolve("build.sh").toString(), prefix.toString())
                        .with("CAFFEINE_NO_BUILD", "1")
                        .with("BUILD", build.toString())
                        .with("JDK_JAVA_OPTIONS", "-Dcaffeine.training.patience=0")
                        .outcome();

        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        assertThat(outcome.out()).contains(" MB, without AOT caches)");
        assertThat(outcome.err())
                .contains(
                        "caffeine: no AOT cache was made, so every start takes longer; to try"
                                + " again, run ./build.sh. The reason: the server gave no sign of"
                                + " life for 0 s and was ended\n")
                .doesNotContain("Exception", "\tat ");
        assertThat(build.resolve("image")).isDirectoryNotContaining("glob:**/{*.aot,training}");

        assertThat(Build.run(build, "install").exit()).isZero();
        Outcome version = Build.command(prefix, tree.root(), "--version").outcome();
        assertThat(version.out()).startsWith("caffeine ");
        assertThat(version.err()).isEmpty();
        assertThat(get(start("--workers", "1") + "/direct")).isEqualTo("direct\n");
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void servesWithoutAnyOtherJava(EngineKind engine) {
        Build.install(prefix);
        String url = start("--engine", engine.name());

        assertThat(get(url + "/direct")).isEqualTo("direct\n");
        assertThat(get(url + "/cgi-bin/cgi")).isEqualTo("cgi\n");
        int pid = pid();
        assertThat(maps(pid)).contains("/command.aot").doesNotContain("/jvm/");
        for (Procs.Stat worker : Procs.childrenOf(pid)) {
            // The first of them serves while others have yet to become Java.
            Await.until(
                    "worker " + worker.pid() + " maps its cache",
                    () -> maps(worker.pid()).contains("/worker.aot"));
        }
        assertThat(stop().exit()).isZero();
    }

    @Test
    void helpNamesAConfigurationFileThatIsInstalled() {
        Build.install(prefix);
        Path example = prefix.resolve("share/doc/caffeine/caffeine.toml");
        assertThat(example)
                .hasSameTextualContentAs(Repository.root().resolve("examples/caffeine.toml"));
        String help = Build.command(prefix, tree.root(), "--help").output();
        assertThat(help).endsWith(" default: " + example + "\n");
    }

    @Test
    void isSmall() throws IOException {
        Build.install(prefix);
        long bytes = 0;
        for (Path file : Tree.list(prefix)) {
            bytes += Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
        }
        assertThat(bytes).isLessThan(MOST_BYTES);
    }

    @Test
    void twiceIsTheSameAsOnceAndNothingIsLeftOfIt() throws IOException {
        Build.install(prefix);
        List<Path> once = Tree.list(prefix);
        Build.install(prefix);
        assertThat(Tree.list(prefix)).isEqualTo(once);
        assertThat(names(prefix)).containsExactly("bin", "lib", "share");

        assertThat(uninstall(prefix).exit()).isZero();
        assertThat(prefix).doesNotExist();
        assertThat(uninstall(prefix).exit()).isZero();
    }

    @Test
    void isStagedBelowAnotherFolder() throws IOException {
        Path stage = tree.resolve("stage");
        String[] where = {"PREFIX=/usr", "DESTDIR=" + stage};
        Outcome outcome = Build.run(Build.FOLDER, "install", where[0], where[1]);
        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        assertThat(outcome.out()).doesNotContain("PATH");

        Path link = stage.resolve("usr/bin/caffeine");
        assertThat(Files.readSymbolicLink(link).toString()).startsWith("../lib/caffeine/");
        // Wherever it is put later, it starts.
        Path moved = Files.move(stage.resolve("usr"), tree.resolve("elsewhere"));
        assertThat(Build.command(moved, tree.root(), "--version").output()).startsWith("caffeine ");
        Files.move(moved, stage.resolve("usr"));
        assertThat(Build.run(Build.FOLDER, "uninstall", where[0], where[1]).exit()).isZero();
        assertThat(Tree.list(stage)).isEmpty();
    }

    @Test
    void overAnOlderBuildThatRuns() throws IOException {
        Path older = tree.resolve("older");
        Run.of("cp", "-Rp", Build.FOLDER.toString(), older.toString()).output();
        Files.writeString(older.resolve("image/id"), "older\n");
        Outcome first = Build.run(older, "install", "PREFIX=" + prefix);
        assertThat(first.exit()).isZero();
        assertThat(first.out()).contains(prefix + "/bin is not on the PATH");
        String url = start("--workers", "1");

        Build.install(prefix);

        Path lib = prefix.resolve("lib/caffeine");
        assertThat(names(lib)).hasSize(2).contains("older");
        // It keeps its files: it can still start a worker.
        Procs.Stat worker = Procs.childrenOf(pid()).getFirst();
        ProcessHandle.of(worker.pid()).orElseThrow().destroyForcibly();
        Await.until(
                "another worker",
                () -> Procs.childrenOf(pid()).stream().anyMatch(w -> w.pid() != worker.pid()));
        assertThat(get(url + "/direct")).isEqualTo("direct\n");
        Outcome refused = uninstall(prefix);
        assertThat(refused.exit()).isNotZero();
        assertThat(refused.err()).contains("servers still run").contains("--list-instances");
        assertThat(get(url + "/direct")).isEqualTo("direct\n");

        assertThat(stop().exit()).isZero();
        Build.install(prefix);
        assertThat(names(lib)).hasSize(1).doesNotContain("older");
        assertThat(get(start("--workers", "1") + "/direct")).isEqualTo("direct\n");
        assertThat(maps(pid())).doesNotContain("/older/");
    }

    @Test
    void leavesAnotherProgramOfTheNameAlone() throws IOException {
        tree.sh("a prefix with spaces/bin/caffeine", "echo coffee\n");

        for (String what : List.of("install", "uninstall")) {
            Outcome outcome = Build.run(Build.FOLDER, what, "PREFIX=" + prefix);
            assertThat(outcome.exit()).isNotZero();
            assertThat(outcome.err()).contains("is another program's, so it is not touched");
        }
        assertThat(Run.of(prefix.resolve("bin/caffeine").toString()).output())
                .isEqualTo("coffee\n");
        assertThat(names(prefix)).containsExactly("bin");
    }

    @Test
    void refusesAPrefixThatIsNoPlace() {
        Outcome outcome = Build.run(Build.FOLDER, "install", "PREFIX=usr");
        assertThat(outcome.err()).contains("PREFIX must begin with a slash, and is \"usr\"");
        assertThat(outcome.exit()).isNotZero();
    }

    private String start(String... more) {
        String[] words = {"-d", "-n", name, "-p", "0", "--path", "site"};
        String[] all = Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
        String line = Build.command(prefix, tree.root(), all).output();
        return line.substring(line.indexOf("http://")).split(" ", -1)[0];
    }

    private Outcome stop() {
        return Build.command(prefix, tree.root(), "-s", "-n", name).outcome();
    }

    private static Outcome uninstall(Path prefix) {
        return Build.run(Build.FOLDER, "uninstall", "PREFIX=" + prefix);
    }

    private int pid() {
        try {
            return Integer.parseInt(Files.readString(pidFile).strip());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String maps(int pid) {
        return Run.of("cat", "/proc/" + pid + "/maps").output();
    }

    private static String get(String url) {
        return Run.of("curl", "-sf", url).output();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}

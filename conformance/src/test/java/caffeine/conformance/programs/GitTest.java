package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** {@code git http-backend} below {@code cgi-bin/}, and git itself as the client. */
class GitTest {

    private static final int COMMITS = 1200;
    private static final int BRANCHES = 60;

    /** Above {@code http.postBuffer}, so that git sends it chunked. */
    private static final int PUSHED_BYTES = 3 << 20;

    private static final Tree TREE = new Tree();
    private static final Path REPOSITORIES = TREE.resolve("repositories");
    private static final Path SERVED = TREE.resolve("served");

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.around(
                            () ->
                                    Server.of(SERVED)
                                            .options("--pass-env", "GIT_PROJECT_ROOT")
                                            .options("--pass-env", "GIT_HTTP_EXPORT_ALL")
                                            .with("GIT_PROJECT_ROOT", REPOSITORIES.toString())
                                            .with("GIT_HTTP_EXPORT_ALL", "1"))
                    .closing(TREE);

    static {
        TREE.sh("served/cgi-bin/git", "exec git http-backend\n");
    }

    @BeforeAll
    static void makeHistory() {
        Run.needs("git", "git");
        git(TREE.root(), "init", "-q", "--bare", "-b", "main", bare().toString());
        git(bare(), "config", "http.receivepack", "true");
        run(bare(), history(), "fast-import", "--quiet");
    }

    @Test
    void clonesPushesAndClonesAgain() throws IOException {
        String url = LEAKS.server().url("/cgi-bin/git/project.git");

        Path first = TREE.resolve("first");
        Outcome clone = traced(TREE.root(), "clone", "-q", url, first.toString());
        assertThat(clone.err()).contains("Content-Encoding: gzip");
        assertWhole(first);

        byte[] noise = new byte[PUSHED_BYTES];
        new Random(1).nextBytes(noise);
        Files.write(first.resolve("noise"), noise);
        git(first, "add", "noise");
        git(first, "commit", "-q", "-m", "A file above the post buffer");
        Outcome push = traced(first, "push", "-q", "origin", "main", "main:refs/heads/new");
        assertThat(push.err()).containsIgnoringCase("Transfer-Encoding: chunked");

        Path second = TREE.resolve("second");
        git(TREE.root(), "clone", "-q", url, second.toString());
        assertWhole(second);
        assertThat(second.resolve("noise")).hasBinaryContent(noise);
        assertThat(git(second, "rev-parse", "origin/new"))
                .isEqualTo(git(first, "rev-parse", "HEAD"));
        assertThat(run(bare(), "", "fsck", "--full", "--strict").toString())
                .doesNotContain("error");
    }

    private static void assertWhole(Path clone) {
        Outcome fsck = run(clone, "", "fsck", "--full", "--strict");
        assertThat(fsck.out() + fsck.err()).isEmpty();
        int objects = git(clone, "rev-list", "--objects", "--all").lines().toList().size();
        assertThat(objects).isGreaterThanOrEqualTo(3 * COMMITS);
    }

    /** A stream for fast-import: a blob, a tree and a commit each time; branches along the way. */
    private static String history() {
        StringBuilder out = new StringBuilder();
        for (int i = 1; i <= COMMITS; i++) {
            String text = "version " + i + " of this file\n".repeat(1 + i % 9);
            out.append("commit refs/heads/main\nmark :").append(i);
            out.append("\ncommitter C <c@caffeine.test> ").append(1_700_000_000 + i);
            out.append(" +0000\ndata 9\ncommit ..\n");
            out.append("M 100644 inline folder").append(i % 7).append("/file").append(i % 40);
            out.append("\ndata ").append(text.length()).append('\n').append(text).append('\n');
            if (i % (COMMITS / BRANCHES) == 0) {
                out.append("reset refs/heads/at-").append(i);
                out.append("\nfrom :").append(i).append("\n\n");
            }
        }
        return out.append("done\n").toString();
    }

    private static Path bare() {
        return REPOSITORIES.resolve("project.git");
    }

    private static String git(Path directory, String... arguments) {
        return run(directory, "", arguments).out();
    }

    private static Outcome traced(Path directory, String... arguments) {
        return check(command(directory, arguments).with("GIT_TRACE_CURL", "1"));
    }

    private static Outcome run(Path directory, String input, String... arguments) {
        return check(command(directory, arguments).input(Requests.bytes(input)));
    }

    private static Outcome check(Run run) {
        Outcome outcome = run.outcome();
        assertThat(outcome.exit()).as(outcome.toString()).isZero();
        return outcome;
    }

    private static Run command(Path directory, String... arguments) {
        return Git.run(TREE, directory, arguments);
    }
}

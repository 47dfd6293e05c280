package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A server of a user that may not do everything, as the one of these tests, root, may. */
class UnprivilegedTest {

    /** A user that owns no process here. */
    private static final String USER = "61235";

    private Tree tree;
    private Tree home;

    @BeforeEach
    void makeTree() {
        Run.needsRoot("start a server as another user");
        Run.needs("setpriv", "util-linux");
        tree = new Tree();
        home = new Tree();
        allow(tree.root(), "rwxr-xr-x");
        Run.of("chown", USER, home.root().toString()).output();
    }

    @AfterEach
    void clean() {
        tree.close();
        home.close();
    }

    private static void allow(Path path, String mode) {
        try {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Server.Builder asUser(Server.Builder builder) {
        return builder.with("HOME", home.root().toString())
                .with("XDG_RUNTIME_DIR", home.root().toString())
                .under("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups");
    }

    @Test
    void runsWhatItsUserMayRunAndEntersWhatItMayEnter() {
        String hello = Scripts.CGI_HEAD + "echo hello\n";
        tree.sh("cgi-bin/everybodys", hello);
        tree.sh("cgi-bin/owners", hello);
        tree.sh("closed/cgi-bin/x", hello);
        allow(tree.resolve("cgi-bin"), "rwxr-xr-x");
        allow(tree.resolve("cgi-bin/everybodys"), "rwxr-xr-x");
        allow(tree.resolve("cgi-bin/owners"), "rwxr--r--");
        allow(tree.resolve("closed"), "rw-r--r--");
        try (Server server = asUser(Server.of(tree.root())).start()) {
            assertThat(server.get("/cgi-bin/everybodys").text()).isEqualTo("hello\n");
            assertThat(server.get("/cgi-bin/owners").status()).isEqualTo(403);
            server.log().await("WARN.*cgi-bin/owners.*chmod \\+x");
            assertThat(server.get("/closed/cgi-bin/x").status()).isEqualTo(403);
            server.log().await("WARN.*chmod \\+x.*closed");
            server.stop();
        }
    }

    @Test
    void saysThatItMayNotReadItsFolder() throws IOException {
        Path closed = Files.createDirectory(tree.resolve("closed"));
        allow(closed, "---------");
        Run.Outcome outcome = asUser(Server.with("--path", closed.toString())).run();
        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err())
                .isEqualTo(
                        "caffeine: --path: "
                                + closed
                                + " cannot be read by this user; try chmod u+rx "
                                + closed
                                + "\n");
    }
}

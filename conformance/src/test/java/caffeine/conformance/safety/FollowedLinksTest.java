package caffeine.conformance.safety;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
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
import java.nio.file.Files;
import java.nio.file.Path;

/** Links that lead out of the folder, with {@code --follow-links} and without. */
class FollowedLinksTest {

    private static final String SOMEBODY = "61236";

    private Tree tree;
    private Tree outside;

    @BeforeEach
    void make() {
        tree = new Tree();
        outside = new Tree();
        outside.sh("tell", Scripts.CGI_HEAD + "echo \"$SCRIPT_FILENAME $PATH_INFO\"; pwd\n");
        tree.sh("cgi-bin/here", Scripts.CGI_HEAD + "echo here\n");
        link("cgi-bin/out", outside.resolve("tell"));
        link("cgi-bin/folder", outside.root());
    }

    @AfterEach
    void clean() {
        tree.close();
        outside.close();
    }

    private void link(String name, Path target) {
        try {
            Files.createSymbolicLink(tree.resolve(name), target);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void areFollowedWhenTheyMayBe(EngineKind engine) {
        try (Server server = Server.of(tree.root(), engine).options("--follow-links").start()) {
            String folder = tree.resolve("cgi-bin").toString();
            assertThat(server.get("/cgi-bin/out/a//b").text())
                    .isEqualTo(folder + "/out /a//b\n" + folder + "\n");
            assertThat(server.get("/cgi-bin/folder/tell").text())
                    .startsWith(folder + "/folder/tell \n");
            assertThat(server.get("/cgi-bin/folder").status()).isEqualTo(308);
            assertThat(server.get("/cgi-bin/folder/nothing").status()).isEqualTo(404);
            server.stop();
        }
    }

    @Test
    void areNotThereOtherwise() {
        try (Server server = Server.of(tree.root()).start()) {
            for (String path : new String[] {"out", "out/x", "folder", "folder/", "folder/tell"}) {
                assertThat(server.get("/cgi-bin/" + path).status()).as(path).isEqualTo(404);
            }
            assertThat(server.get("/cgi-bin/here").text()).isEqualTo("here\n");
            server.stop();
        }
    }

    @Test
    void areFollowedBelowARouteAlone() {
        link("cgi-bin/other", outside.resolve("tell"));
        outside.file(
                "caffeine.toml", "[routes.\"/cgi-bin/out\"]\nfollow-links = true\n", "rw-r--r--");
        String file = outside.resolve("caffeine.toml").toString();
        try (Server server = Server.of(tree.root()).options("--config", file).start()) {
            assertThat(server.get("/cgi-bin/out").status()).isEqualTo(200);
            assertThat(server.get("/cgi-bin/other").status()).isEqualTo(404);
            server.stop();
        }
    }

    @Test
    void ofAnotherUserAreNotFollowedAndTheLogSaysWhy() {
        Run.needsRoot("give a link to another user");
        Run.of("chown", "-h", SOMEBODY, tree.resolve("cgi-bin/out").toString()).output();
        try (Server server = Server.of(tree.root()).options("--follow-links").start()) {
            assertThat(server.get("/cgi-bin/out").status()).isEqualTo(404);
            server.log().await("WARN.*cgi-bin/out belongs to user " + SOMEBODY + ".*chown");
            assertThat(server.get("/cgi-bin/folder/tell").status()).isEqualTo(200);
            server.stop();
        }
        Run.Outcome check =
                Server.with("--path", tree.root().toString(), "--follow-links", "--check").run();
        assertThat(check.exit()).isEqualTo(1);
        assertThat(check.err()).contains("cgi-bin/out belongs to user " + SOMEBODY);
        assertThat(check.out()).contains("/cgi-bin/folder/tell");
    }
}

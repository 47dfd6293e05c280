package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.http.HttpException;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Processes.FileLimit;
import caffeine.server.file.ServedFolder;
import caffeine.server.options.LogLevel;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.script.Resolution.Redirect;
import caffeine.server.script.Resolution.Refusal;
import caffeine.server.script.Script.Mode;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** DESIGN §5, "Resolution", with openat2 and without. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class ScriptResolverTest {

    private static final List<Interpreter> INTERPRETERS =
            List.of(
                    new Interpreter("sh", "sh", false),
                    new Interpreter("cat", "/bin/cat", false),
                    new Interpreter("php", "sh", true),
                    new Interpreter("gone", "no-such-program", false));

    @TempDir private Path temporary;

    @Parameter private boolean openat2;

    private Path root;
    private Tree tree;
    private Tree outside;
    private ScriptResolver resolver;

    @BeforeEach
    void open() throws IOException {
        root = temporary.resolve("root");
        tree = new Tree(root);
        outside = new Tree(temporary.resolve("outside")).script("secret");
        resolver = resolver(false);
    }

    @AfterEach
    void close() {
        resolver.close();
        tree.close();
        outside.close();
    }

    private ScriptResolver resolver(boolean cgiEverywhere) throws IOException {
        Map<String, String> environment = Map.of("PATH", "relative:/nowhere::/usr/bin:/bin");
        ScriptOptions options =
                new ScriptOptions(root, cgiEverywhere, environment, false, INTERPRETERS);
        return new ScriptResolver(options, ServedFolder.open(root, openat2));
    }

    /** Opens the folder anew, with something set for paths. */
    private void with(RouteOptions... routes) throws IOException {
        resolver.close();
        ScriptOptions options =
                new ScriptOptions(
                        root, false, Map.of("PATH", "/usr/bin:/bin"), false, INTERPRETERS);
        resolver =
                new ScriptResolver(
                        options.withRoutes(List.of(routes)), ServedFolder.open(root, openat2));
    }

    private static boolean isRoot() {
        return Processes.geteuid() == 0;
    }

    private Script script(String path) {
        Resolution resolution = resolver.resolve(path);
        assertThat(resolution).as(path).isInstanceOf(Script.class);
        return (Script) resolution;
    }

    private Refusal refusal(String path, int status) {
        Resolution resolution = resolver.resolve(path);
        assertThat(resolution).as(path).isInstanceOf(Refusal.class);
        Refusal refusal = (Refusal) resolution;
        assertThat(refusal.status()).as(path).isEqualTo(status);
        return refusal;
    }

    private void assertScript(String path, String name, String pathInfo) {
        Script script = script(path);
        assertThat(script.name()).isEqualTo(name);
        assertThat(script.pathInfo()).isEqualTo(pathInfo);
    }

    @Nested
    class TheFirstFile {

        @BeforeEach
        void make() {
            tree.script("hello").script("a/b/c/deep").script("cgi-bin/echo");
        }

        @Test
        void isTheScript() throws IOException {
            Script script = script("/cgi-bin/echo");
            assertThat(script.name()).isEqualTo("/cgi-bin/echo");
            assertThat(script.pathInfo()).isEmpty();
            assertThat(script.filename()).isEqualTo(tree.path() + "/cgi-bin/echo");
            assertThat(script.file()).isEqualTo(script.filename().getBytes(ISO_8859_1));
            assertThat(script.directory())
                    .isEqualTo((tree.path() + "/cgi-bin").getBytes(ISO_8859_1));
            assertThat(script.interpreter()).isNull();
            assertThat(resolver.root()).isEqualTo(tree.path());
        }

        @Test
        void leavesTheRestAsPathInfo() {
            assertScript("/hello/a", "/hello", "/a");
            assertScript("/hello/", "/hello", "/");
            assertScript("/hello//", "/hello", "//");
            assertScript("/hello/a//b/", "/hello", "/a//b/");
            assertScript("/a/b/c/deep/x/y/z", "/a/b/c/deep", "/x/y/z");
            assertScript("/hello/x", "/hello", "/x");
        }

        @Test
        void isFoundAtAnyDepthBelowAnyGuess() {
            StringBuilder folders = new StringBuilder();
            for (int depth = 0; depth < 12; depth++) {
                tree.script(folders + "s");
                folders.append("f/");
            }
            for (int rest = 1; rest < 12; rest++) {
                for (int depth = 0; depth < 12; depth++) {
                    String name = "/" + "f/".repeat(depth) + "s";
                    assertScript(name + "/x".repeat(rest), name, "/x".repeat(rest));
                }
            }
        }

        @Test
        void decodesPathInfoOnce() {
            assertScript("/hello/a%20b%2bc", "/hello", "/a b+c");
            assertScript("/hello/%252e%252e", "/hello", "/%2e%2e");
        }

        @Test
        void keepsDotsAndLongNamesInPathInfo() {
            assertScript("/hello/.hidden/.x", "/hello", "/.hidden/.x");
            String longName = "/" + "n".repeat(300);
            assertScript("/hello" + longName, "/hello", longName);
            String longPath = "/x".repeat(3000);
            assertScript("/a/b/c/deep" + longPath, "/a/b/c/deep", longPath);
        }

        @Test
        void collapsesEmptySegmentsBeforeIt() {
            assertScript("//cgi-bin///echo//a", "/cgi-bin/echo", "//a");
        }

        @Test
        void isFoundByTheNormalisedPath() {
            assertScript("/./cgi-bin/./echo", "/cgi-bin/echo", "");
            assertScript("/cgi-bin/../cgi-bin/echo", "/cgi-bin/echo", "");
            assertScript("/nowhere/../hello", "/hello", "");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/..",
                    "/../etc/passwd",
                    "/%2e%2e/etc/passwd",
                    "/hello/../../etc",
                    "/a%2fb",
                    "/hello/a%2Fb",
                    "/hello%00",
                    "/hello%0",
                    "/%%32%65"
                })
        void refusesPathsThatNoAddressHas(String path) {
            assertThatThrownBy(() -> resolver.resolve(path))
                    .isInstanceOfSatisfying(
                            HttpException.class, e -> assertThat(e.status()).isEqualTo(400));
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"/missing", "/missing/x", "/missing/", "/a/missing", "/a/b/x/", "/%ff"})
        void mayBeMissing(String path) {
            assertThat(refusal(path, 404).level()).isEqualTo(LogLevel.DEBUG);
        }

        @Test
        void disappearsAndComesBack() throws IOException {
            script("/hello");
            java.nio.file.Files.delete(root.resolve("hello"));
            refusal("/hello", 404);
            tree.script("hello");
            script("/hello");
        }
    }

    @Nested
    class Names {

        @Test
        void areBytes() {
            tree.script("with space")
                    .script("plus+name")
                    .script("n\u00c3\u00a4me")
                    .script("\u00ff");
            assertScript("/with%20space", "/with space", "");
            assertScript("/plus+name", "/plus+name", "");
            assertScript("/n%c3%a4me/x", "/n\u00c3\u00a4me", "/x");
            assertScript("/%FF", "/\u00ff", "");
            assertThat(script("/n%c3%a4me").file()).endsWith('n', 0xc3, 0xa4, 'm', 'e');
        }

        @Test
        void thatBeginWithADotAreHidden() {
            tree.script(".hidden").script(".secret/echo").script("a/.b/c").script("a/d");
            refusal("/.hidden", 404);
            refusal("/.secret/echo", 404);
            refusal("/.secret/", 404);
            refusal("/a/.b/c", 404);
            refusal("/%2ehidden", 404);
            assertScript("/a/d/.b", "/a/d", "/.b");
        }

        /** RFC 8615. */
        @Test
        void wellKnownIsOneAtTheTopAlone() {
            tree.script(".well-known/x").script("a/.well-known/x").script(".well-known/.y");
            tree.script(".well-knownx").folder(".well-known/b");
            assertScript("/.well-known/x/y", "/.well-known/x", "/y");
            assertScript("//.well-known/x", "/.well-known/x", "");
            assertScript("/%2Ewell-known/x", "/.well-known/x", "");
            assertRedirect("/.well-known", "/.well-known/");
            refusal("/a/.well-known/x", 404);
            refusal("/.well-known/.y", 404);
            refusal("/.well-knownx", 404);
            refusal("/.Well-Known/x", 404);
        }

        @Test
        void thatAreTooLongAreNotThere() {
            refusal("/" + "n".repeat(256), 404);
            refusal("/" + "n".repeat(256) + "/x", 404);
            refusal("/n".repeat(2500), 404);
            tree.folder("a");
            refusal("/a/" + "n".repeat(5000) + "/", 404);
        }

        @Test
        void areEscapedInTheLog() {
            Refusal refusal = refusal("/a%0a%c3b", 404);
            assertThat(refusal.detail()).contains("a\\x0a\\xc3b").matches("[ -~]*");
        }
    }

    @Nested
    class EncodedSlashes {

        private RouteOptions slash(String prefix, String how) {
            return new RouteOptions(prefix, Map.of(RouteSetting.ENCODED_SLASH, how));
        }

        private void refused(String path) {
            assertThatThrownBy(() -> resolver.resolve(path))
                    .as(path)
                    .isInstanceOfSatisfying(
                            HttpException.class, e -> assertThat(e.status()).isEqualTo(400));
        }

        @BeforeEach
        void make() {
            tree.script("a/x").script("a/b/y").script("z");
        }

        @Test
        void becomeSlashesInPathInfo() throws IOException {
            with(slash("", "decode"));
            assertScript("/a/x/c%2Fd", "/a/x", "/c/d");
            assertScript("/a/x/%2f%2Fd/%2F/", "/a/x", "///d///");
            assertScript("/a/x/c%2Fd/../e", "/a/x", "/e");
            assertScript("/a/x/c%252Fd", "/a/x", "/c%2Fd");
            assertScript("/a/x/...%2F.d", "/a/x", "/.../.d");
        }

        @Test
        void stayTriplesInPathInfo() throws IOException {
            with(slash("", "keep"));
            assertScript("/a/x/c%2Fd//e%2f", "/a/x", "/c%2Fd//e%2F");
            assertScript("/a/x/..%2F..%2Fd%20e", "/a/x", "/..%2F..%2Fd e");
        }

        @ParameterizedTest
        @ValueSource(strings = {"decode", "keep"})
        void neverAreInTheNameOfAScript(String how) throws IOException {
            with(slash("", how));
            refused("/a%2Fx");
            refused("/a%2Fx/c");
            refused("/a/x%2Fc");
            refused("/%2Fa/x");
            refused("/z%2F");
            refused("/a/..%2Fz");
            refused("/nothing/c%2Fd");
            refused("/a/.hidden/c%2Fd");
            refused("/a/x/c%2Fd%00");
            refused("/a/x/../..%2f../z");
        }

        @Test
        void makeNoDotSegments() throws IOException {
            with(slash("", "decode"));
            for (String rest : List.of("..%2Fd", "c%2F..", "c%2F..%2Fd", ".%2Fd", "%2E%2E%2Fd")) {
                refused("/a/x/" + rest);
            }
        }

        @Test
        void areWhatTheRouteSays() throws IOException {
            with(
                    slash("/a", "decode"),
                    slash("/a/b", "keep"),
                    slash("/a/x/closed", "reject"),
                    new RouteOptions("/a/x/own", Map.of(RouteSetting.METHODS, List.of("PUT"))));
            assertScript("/a/x/c%2Fd", "/a/x", "/c/d");
            assertScript("/a/b/y/c%2Fd", "/a/b/y", "/c%2Fd");
            refused("/z/c%2Fd");
            refused("/a/x/closed/c%2Fd");
            refused("/a/x/closed%2Fd");
            refused("/a/x/%2Fclosed/d");
            // What is below a path by decoding is of its route.
            assertThat(script("/a/x/%2Fown%2Fc").route().options().prefix()).isEqualTo("/a/x/own");
        }
    }

    @Nested
    class Links {

        @BeforeEach
        void make() throws IOException {
            tree.script("cgi-bin/echo");
            tree.link("inside", "cgi-bin/echo");
            tree.link("cgi-bin/up", "../cgi-bin/echo");
            tree.link("absolute", tree.path() + "/cgi-bin/echo");
            tree.link("absolute-folder", tree.path() + "/cgi-bin");
            tree.link("around", "../root/cgi-bin/echo");
            tree.link("outside", "../outside/secret");
            tree.link("outside-absolute", outside.path() + "/secret");
            tree.link("outside-folder", "../outside");
            tree.link("outside-unreadable", "../outside/closed/x");
            tree.link("outside-missing", "../outside/missing");
            tree.link("dangling", "nowhere");
            tree.link("circle", "circle");
            tree.link("ring-a", "ring-b").link("ring-b", "ring-a");
            outside.script("closed/x");
        }

        @ParameterizedTest
        @ValueSource(strings = {"/inside", "/cgi-bin/up", "/absolute", "/around"})
        void insideAreFollowedAndKeepTheirName(String path) throws IOException {
            Script script = script(path);
            assertThat(script.name()).isEqualTo(path);
            assertThat(script.filename()).isEqualTo(tree.path() + path);
            assertScript(path + "/x/y", path, "/x/y");
        }

        @Test
        void toFoldersInsideAreFollowed() {
            assertScript("/absolute-folder/echo/x", "/absolute-folder/echo", "/x");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/outside",
                    "/outside/x",
                    "/outside-absolute",
                    "/outside-absolute/x/y",
                    "/outside-folder",
                    "/outside-folder/",
                    "/outside-folder/secret",
                    "/outside-folder/secret/x",
                    "/outside-folder/missing",
                    "/outside-missing",
                    "/dangling",
                    "/dangling/x",
                    "/circle",
                    "/circle/x",
                    "/ring-a",
                    "/ring-a/"
                })
        void thatLeadOutsideOrNowhereAreNotThere(String path) {
            assertThat(refusal(path, 404).level()).isEqualTo(LogLevel.DEBUG);
        }

        @Test
        void saysNothingAboutClosedFoldersOutside() {
            outside.mode("closed", 0444);
            refusal("/outside-unreadable", 404);
            outside.mode("closed", 0755);
        }

        @Test
        void toAProcessIsRefused() {
            tree.link("magic", "/proc/self/root/bin/sh").link("magic2", "/proc/self/exe");
            refusal("/magic", 404);
            refusal("/magic2", 404);
        }

        @Test
        void aNeighbourWithTheSameBeginningIsOutside() {
            new Tree(temporary.resolve("root-2")).script("x");
            tree.link("neighbour", "../root-2/x");
            refusal("/neighbour", 404);
        }

        @Test
        void theServedFolderMayItselfBeReachedByOne() throws IOException {
            Tree above = new Tree(temporary).link("link", "root");
            ScriptOptions options =
                    new ScriptOptions(
                            temporary.resolve("link"), false, Map.of(), false, INTERPRETERS);
            try (ScriptResolver linked = new ScriptResolver(options)) {
                assertThat(linked.root()).isEqualTo(tree.path());
                assertThat(linked.resolve("/absolute")).isInstanceOf(Script.class);
            }
            above.close();
        }
    }

    /** Those that lead out, where they may. */
    @Nested
    class FollowedLinks {

        private static final int SOMEBODY = 61235;

        private final RouteOptions everywhere =
                new RouteOptions("", Map.of(RouteSetting.FOLLOW_LINKS, true));

        @BeforeEach
        void make() throws IOException {
            outside.script("deep/er/x").text("deep/plain.sh").script("deep/index");
            outside.link("chain", "deep/er/x").link("circle", "circle");
            tree.script("cgi-bin/echo");
            tree.link("outside", "../outside/secret");
            tree.link("absolute", outside.path() + "/secret");
            tree.link("chain", "outside-folder/chain");
            tree.link("outside-folder", outside.path());
            tree.link("a/up", "../outside-folder/./deep/../secret");
            tree.link("dangling", "../outside/missing");
            tree.link("circle", "../outside/circle");
            with(everywhere);
        }

        private void chown(String name, Tree of) throws IOException {
            byte[] path = Files.path(of.path() + "/" + name);
            int flags = Files.AT_SYMLINK_NOFOLLOW;
            assertThat(Files.fchownat(Files.AT_FDCWD, path, SOMEBODY, -1, flags)).isZero();
        }

        private void assertDistrusted(String path, String reason) {
            Refusal refusal = refusal(path, 404);
            assertThat(refusal.level()).isEqualTo(LogLevel.WARN);
            assertThat(refusal.detail()).contains(reason).contains("is not followed");
        }

        @ParameterizedTest
        @ValueSource(strings = {"/outside", "/absolute", "/chain", "/a/up"})
        void leadToFilesAndKeepTheirName(String path) throws IOException {
            assertScript(path, path, "");
            assertScript(path + "/x//y", path, "/x//y");
            assertThat(script(path).filename()).isEqualTo(tree.path() + path);
        }

        @Test
        void leadToFolders() throws IOException {
            assertRedirect("/outside-folder", "/outside-folder/");
            assertRedirect("/outside-folder/deep", "/outside-folder/deep/");
            assertScript("/outside-folder/secret/x", "/outside-folder/secret", "/x");
            assertScript("/outside-folder/deep/er/x", "/outside-folder/deep/er/x", "");
            assertScript("/outside-folder/deep/", "/outside-folder/deep/index", "");
            assertThat(script("/outside-folder/deep/plain.sh").interpreter()).isNotNull();
            assertThat(script("/outside-folder/deep/plain.sh").directory())
                    .isEqualTo((tree.path() + "/outside-folder/deep").getBytes(ISO_8859_1));
        }

        @Test
        void thatLeadNowhereAreNotThere() {
            assertThat(refusal("/dangling", 404).level()).isEqualTo(LogLevel.DEBUG);
            assertThat(refusal("/circle", 404).level()).isEqualTo(LogLevel.DEBUG);
            assertThat(refusal("/outside-folder/missing", 404).level()).isEqualTo(LogLevel.DEBUG);
        }

        @Test
        void mayLeadOutOnlyWhereTheirRouteSaysSo() throws IOException {
            tree.link("a/b/out", outside.path() + "/secret").link("a/c", outside.path());
            outside.script("b/x");
            with(
                    new RouteOptions("/a", Map.of(RouteSetting.FOLLOW_LINKS, true)),
                    new RouteOptions("/a/b", Map.of(RouteSetting.FOLLOW_LINKS, false)));
            assertScript("/a/up", "/a/up", "");
            assertScript("/a/c/b/x", "/a/c/b/x", "");
            assertThat(refusal("/a/b/out", 404).level()).isEqualTo(LogLevel.DEBUG);
            assertThat(refusal("/outside", 404).level()).isEqualTo(LogLevel.DEBUG);
        }

        @Test
        void ofAnotherUserAreNotFollowed() throws IOException {
            assumeTrue(isRoot(), "only root gives links away");
            chown("absolute", tree);
            assertDistrusted("/absolute", "/root/absolute belongs to user " + SOMEBODY);
            assertDistrusted("/absolute/x", "chown");
            chown("chain", outside);
            assertDistrusted("/chain", "/outside/chain belongs to user");
            script("/outside");
        }

        @Test
        void toFilesAndThroughFoldersOfAnotherUserAreNotFollowed() throws IOException {
            assumeTrue(isRoot(), "only root gives files away");
            chown("deep/er/x", outside);
            assertDistrusted("/outside-folder/deep/er/x", "/deep/er/x belongs to user");
            assertDistrusted("/chain", "/deep/er/x belongs to user");
            script("/outside-folder/deep/plain.sh");
            chown("deep", outside);
            assertDistrusted("/outside-folder/deep/plain.sh", "/outside/deep belongs to user");
            assertDistrusted("/outside-folder/deep/", "/outside/deep belongs to user");
        }

        @Test
        void toWhatOthersMayWriteAreNotFollowed() {
            outside.mode("deep/er", 0777);
            assertDistrusted("/chain", "(mode 777); take that away (chmod go-w)");
            outside.mode("deep/er", 01777);
            script("/chain");
            outside.mode("deep/er", 0755);
            outside.mode("secret", 0775);
            assertDistrusted("/outside", "/outside/secret may be written by other users");
        }

        @Test
        void toAProcessAreNotFollowed() {
            tree.link("magic", "/proc/self/root/bin/sh").link("magic2", "/proc/self/exe");
            refusal("/magic", 404);
            refusal("/magic2", 404);
        }

        @Test
        void insideAreFollowedWhoeversTheyAre() throws IOException {
            assumeTrue(isRoot(), "only root gives links away");
            tree.link("inside", "cgi-bin/echo");
            chown("inside", tree);
            script("/inside");
        }

        @Test
        void leaveNoDescriptorBehind() {
            outside.mode("deep/er", 0777);
            List<String> paths =
                    List.of("/outside", "/a/up", "/chain", "/circle", "/dangling", "/chain/x/y");
            paths.forEach(resolver::resolve);
            int before = Files.open("/dev/null", Files.O_RDONLY, 0);
            caffeine.os.Descriptors.close(before);
            for (int i = 0; i < 20; i++) {
                paths.forEach(resolver::resolve);
            }
            int after = Files.open("/dev/null", Files.O_RDONLY, 0);
            caffeine.os.Descriptors.close(after);
            assertThat(after).isEqualTo(before);
        }
    }

    @Nested
    class Folders {

        @Test
        void redirectToTheAddressWithASlash() {
            tree.folder("a/b c").folder("n\u00c3\u00a4").folder("q?%").folder("x:@!$&'()*+,;=-._~");
            assertRedirect("/a", "/a/");
            assertRedirect("/a/b%20c", "/a/b%20c/");
            assertRedirect("/n%c3%a4", "/n%C3%A4/");
            assertRedirect("/q%3f%25", "/q%3F%25/");
            assertRedirect("/x:@!$&'()*+,;=-._~", "/x:@!$&'()*+,;=-._~/");
        }

        @Test
        void neverRedirectToAnotherHost() {
            tree.folder("evil.test").folder("\\evil.test");
            assertRedirect("//evil.test", "/evil.test/");
            assertRedirect("///evil.test", "/evil.test/");
            assertRedirect("/./evil.test", "/evil.test/");
            assertRedirect("/\\evil.test", "/%5Cevil.test/");
            assertRedirect("/x/..//evil.test", "/evil.test/");
        }

        @Test
        void keepTheQuery() {
            tree.folder("a");
            Redirect redirect = (Redirect) resolver.resolve("/a");
            assertThat(redirect.location("x=%2F&y")).isEqualTo("/a/?x=%2F&y");
            assertThat(redirect.location("")).isEqualTo("/a/?");
            assertThat(redirect.location(null)).isEqualTo("/a/");
        }

        @Test
        void answerWithTheirIndex() throws IOException {
            tree.script("index").script("a/index").text("a/index.sh");
            assertScript("/", "/index", "");
            assertScript("//", "/index", "");
            assertScript("/a/", "/a/index", "");
            assertScript("/a//", "/a/index", "");
            assertScript("/a/b/../", "/a/index", "");
            assertThat(script("/a/").directory())
                    .isEqualTo((tree.path() + "/a").getBytes(ISO_8859_1));
        }

        @Test
        void answerWithAnIndexWithAnEndingInTheOrderOfInterpreters() {
            tree.text("a/index.cat").text("a/index.sh").text("b/index.cat").text("b/index.other");
            assertScript("/a/", "/a/index.sh", "");
            assertScript("/b/", "/b/index.cat", "");
        }

        @Test
        void answerWithAnIndexThatIsCgiWhereThereIsNoOther() {
            tree.script("a/index.cgi").text("b/index.cat").script("b/index.cgi");
            tree.script("c/index").script("c/index.cgi");
            assertScript("/a/", "/a/index.cgi", "");
            assertThat(script("/a/").mode()).isEqualTo(Mode.CGI);
            assertScript("/b/", "/b/index.cat", "");
            assertScript("/c/", "/c/index", "");
        }

        @Test
        void withoutAnIndexAreNotThere() {
            tree.folder("a/index").text("a/index.html");
            assertThat(refusal("/a/", 404).detail()).contains("index");
            refusal("/", 404);
        }

        @Test
        void takeNothingElseForAnIndex() {
            tree.link("index", "../outside/secret")
                    .text("index.sh")
                    .fifo("a/index")
                    .text("a/index.sh");
            assertScript("/", "/index.sh", "");
            assertScript("/a/", "/a/index.sh", "");
        }

        @Test
        void doNotGuessEndings() {
            tree.text("hello.sh");
            refusal("/hello", 404);
        }

        @Test
        void thatMayNotBeEnteredAre403() {
            tree.script("closed/x").mode("closed", 0644);
            if (isRoot()) {
                script("/closed/x"); // root may enter every folder
            } else {
                Refusal refusal = refusal("/closed/x", openat2 ? 403 : 404);
                assertThat(refusal.detail()).contains(openat2 ? "chmod +x" : "no such file");
            }
            tree.mode("closed", 0755);
        }
    }

    @Nested
    class SpecialFiles {

        @Test
        void areNotThereAndDoNotBlock() throws IOException {
            tree.fifo("fifo");
            refusal("/fifo", 404);
            refusal("/fifo/x", 404);
            refusal("/fifo/", 404);
            Path socket = root.resolve("socket");
            try (ServerSocketChannel server =
                    ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(UnixDomainSocketAddress.of(socket));
                refusal("/socket", 404);
            }
        }

        @Test
        void ofDevicesAreOutside() {
            tree.link("null", "/dev/null");
            refusal("/null", 404);
        }
    }

    @Nested
    class WhatRuns {

        @Test
        void isTheFileItselfWhenItIsExecutable() {
            tree.script("x.sh").script("x.unknown").script("x");
            assertThat(script("/x.sh").interpreter()).isNull();
            assertThat(script("/x.unknown").interpreter()).isNull();
            assertThat(script("/x").interpreter()).isNull();
        }

        @Test
        void isTheInterpreterOfItsEndingElse() {
            tree.text("x.sh").text("x.cat").text("y.tar.sh");
            assertThat(script("/x.sh").interpreter())
                    .satisfiesAnyOf(
                            program -> assertThat(program).isEqualTo(Files.path("/usr/bin/sh")),
                            program -> assertThat(program).isEqualTo(Files.path("/bin/sh")));
            assertThat(script("/x.cat").interpreter()).isEqualTo(Files.path("/bin/cat"));
            assertThat(script("/y.tar.sh").interpreter()).isNotNull();
        }

        @Test
        void isNothingWithoutEither() {
            tree.file("x.txt", 0644, "#!/bin/sh\n").file("x", 0644, "\177ELF\1");
            tree.file("x.SH", 0644, "#!/bin/sh\n").file("sh", 0644, "#!/bin/sh\n");
            for (String path : List.of("/x.txt", "/x", "/x.SH", "/sh")) {
                Refusal refusal = refusal(path, 403);
                assertThat(refusal.level()).isEqualTo(LogLevel.WARN);
                assertThat(refusal.detail()).contains("chmod +x").contains(path);
            }
        }

        @Test
        void isNothingForDataWhichIsNotToBeMadeExecutable() {
            tree.text("page.html").file("picture.png", 0644, "\u0089PNG\1").file("void", 0644, "");
            for (String path : List.of("/page.html", "/picture.png", "/void")) {
                Refusal refusal = refusal(path, 403);
                assertThat(refusal.level()).isEqualTo(LogLevel.WARN);
                assertThat(refusal.detail())
                        .contains(path)
                        .contains("files are sent from a folder named static")
                        .doesNotContain("chmod");
            }
        }

        @Test
        void isWhatTheFirstLineSaysWhereTheEndingIsKnown() {
            tree.file("x.sh", 0644, "#!/bin/cat\n")
                    .file("one.sh", 0644, "#! /usr/bin/env  cat -n \nx")
                    .file("crlf.sh", 0644, "#!/bin/cat\r\n")
                    .file("missing.sh", 0644, "#!/no/such/program\n")
                    .file("relative.sh", 0644, "#!cat\n")
                    .file("marked.sh", 0644, "\u00ef\u00bb\u00bf#!/bin/cat\n")
                    .file("first.gone", 0644, "#!/bin/cat\n");
            assertThat(script("/x.sh").interpreterText()).isEqualTo("/bin/cat");
            assertThat(script("/one.sh").interpreterText()).isEqualTo("/usr/bin/env cat -n");
            assertThat(script("/one.sh").runBy()).hasSize(2);
            assertThat(script("/crlf.sh").interpreterText()).isEqualTo("/bin/cat");
            assertThat(script("/missing.sh").interpreterText()).endsWith("/sh");
            assertThat(script("/relative.sh").interpreterText()).endsWith("/sh");
            assertThat(script("/marked.sh").interpreterText()).endsWith("/sh");
            assertThat(script("/first.gone").interpreterText()).isEqualTo("/bin/cat");
        }

        @Test
        void isReadAnewWhenTheFileIsAnotherVersion() {
            tree.file("x.sh", 0644, "#!/bin/cat\n");
            assertThat(script("/x.sh").interpreterText()).isEqualTo("/bin/cat");
            tree.file("x.sh", 0644, "#!/usr/bin/env\n");
            assertThat(script("/x.sh").interpreterText()).isEqualTo("/usr/bin/env");
        }

        @Test
        void isTheInterpreterWhereTheFileTurnsOutToBeNoProgram() {
            tree.file("x.cat", 0755, "text\n")
                    .file("marked.cat", 0755, "\u00ef\u00bb\u00bf#!/bin/sh\n")
                    .file("x", 0755, "text\n")
                    .file("data.cat", 0755, "\1\2")
                    .file("empty.cat", 0755, "")
                    .file("x.gone", 0755, "text\n");
            for (String path : List.of("/x.cat", "/marked.cat")) {
                Script tried = script(path);
                assertThat(tried.interpreter()).isNull();
                assertThat(tried.runByInstead()).containsExactly(Files.path("/bin/cat"));
                assertThat(script(path).interpreterText()).isEqualTo("/bin/cat"); // at once
            }
            for (String path : List.of("/x", "/data.cat", "/empty.cat", "/x.gone")) {
                assertThat(script(path).runByInstead()).as(path).isEmpty();
            }
            tree.file("x.cat", 0755, "#!/bin/sh\n");
            assertThat(script("/x.cat").interpreter()).isNull();
        }

        @Test
        void isWhatTheFirstLineSaysForCgiAsAnEnding() {
            tree.file("a/x.cgi", 0644, "#!/bin/cat\n")
                    .script("a/y.cgi")
                    .text("a/text.cgi")
                    .file("a/missing.cgi", 0644, "#!/no/such/program\n");
            assertThat(script("/a/x.cgi").interpreterText()).isEqualTo("/bin/cat");
            assertThat(script("/a/y.cgi").interpreter()).isNull();
            for (String path : List.of("/a/text.cgi", "/a/missing.cgi")) {
                assertThat(refusal(path, 403).detail()).contains("first line (#!)");
            }
        }

        @Test
        void isMissedWhenTheInterpreterIsNotInstalled() {
            tree.text("x.gone");
            Refusal refusal = refusal("/x.gone", 500);
            assertThat(refusal.level()).isEqualTo(LogLevel.WARN);
            assertThat(refusal.detail()).contains("no-such-program").contains("/usr/bin");
        }

        @Test
        void changesWithTheRunBit() {
            tree.script("x.sh");
            assertThat(script("/x.sh").interpreter()).isNull();
            tree.mode("x.sh", 0644);
            assertThat(script("/x.sh").interpreter()).isNotNull();
            tree.script("x");
            tree.mode("x", 0644);
            refusal("/x", 403);
        }

        /** As another user than the one of these tests: conformance's safety.UnprivilegedTest. */
        @Test
        void isRunByWhoeverMayRunIt() {
            tree.file("mine", 0744, "").file("others", 0655, "").file("nobodys", 0644, "");
            script("/mine");
            refusal("/nobodys", 403);
            if (isRoot()) {
                script("/others"); // root runs what anyone may run
            } else {
                refusal("/others", 403);
            }
        }
    }

    @Nested
    class TheMode {

        @Test
        void isForItsFirstAnswerToTellUnlessBelowCgiBin() throws IOException {
            tree.script("x").script("cgi-bin/x").script("a/cgi-bin/b/x").script("my-cgi-bin/x");
            assertThat(script("/x").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/my-cgi-bin/x").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/x/cgi-bin/y").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/cgi-bin/x").mode()).isEqualTo(Mode.CGI);
            assertThat(script("/a/cgi-bin/b/x/y").mode()).isEqualTo(Mode.CGI);
        }

        @Test
        void isWebSocketBelowWs() {
            tree.script("ws/x").script("a/ws/b/x.cgi").script("my-ws/x").script("ws/cgi-bin/x");
            tree.script("cgi-bin/ws/x").text("ws/x.php");
            assertThat(script("/ws/x").mode()).isEqualTo(Mode.WEBSOCKET);
            assertThat(script("/a/ws/b/x.cgi/y").mode()).isEqualTo(Mode.WEBSOCKET);
            assertThat(script("/my-ws/x").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/my-ws/x/ws/y").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/ws/cgi-bin/x").mode()).isEqualTo(Mode.WEBSOCKET);
            assertThat(script("/cgi-bin/ws/x").mode()).isEqualTo(Mode.CGI);
            assertThat(script("/ws/x.php").mode()).isEqualTo(Mode.CGI);
        }

        @Test
        void isCgiForTheIndexOfCgiBin() {
            tree.script("cgi-bin/index");
            assertThat(script("/cgi-bin/").mode()).isEqualTo(Mode.CGI);
        }

        @Test
        void isNotCgiForAFileOfThatName() {
            tree.script("cgi-bin");
            assertThat(script("/cgi-bin/x").mode()).isEqualTo(Mode.AUTO);
        }

        @Test
        void isDirectForANameThatSaysSo() {
            tree.script("nph-x");
            assertThat(script("/nph-x").mode()).isEqualTo(Mode.DIRECT);
        }

        @Test
        void isRememberedForTheFileAsItIs() {
            tree.script("x").script("y");
            resolver.learn(script("/x"), Mode.DIRECT);
            assertThat(script("/x").mode()).isEqualTo(Mode.DIRECT);
            assertThat(script("/y").mode()).isEqualTo(Mode.AUTO);
            tree.file("x", 0755, "#!/bin/sh\necho another\n");
            assertThat(script("/x").mode()).isEqualTo(Mode.AUTO);
            resolver.learn(script("/x"), Mode.CGI);
            assertThat(script("/x").mode()).isEqualTo(Mode.CGI);
        }

        @Test
        void isCgiEverywhereWhenAskedFor() throws IOException {
            tree.script("x");
            resolver.close();
            resolver = resolver(true);
            assertThat(script("/x").mode()).isEqualTo(Mode.CGI);
        }

        @Test
        void isCgiForInterpretersThatSpeakNothingElse() {
            tree.text("x.php").script("named.php").file("bits.php", 0755, "<?php");
            tree.file("empty.php", 0755, "");
            assertThat(script("/x.php").mode()).isEqualTo(Mode.CGI);
            assertThat(script("/x.php").interpreter()).isNotNull();
            // Its first line says what runs it.
            assertThat(script("/named.php").mode()).isEqualTo(Mode.CGI);
            assertThat(script("/named.php").interpreter()).isNull();
            // It could not run itself: the bit is an accident.
            assertThat(script("/bits.php").interpreter()).isNotNull();
            // It names what runs it at a command line, which does not speak CGI.
            tree.file("line.php", 0644, "#!/bin/cat\n");
            assertThat(script("/line.php").interpreterText()).endsWith("/sh");
            assertThat(script("/empty.php").interpreter()).isNotNull();
        }

        @Test
        void isCgiForThatEndingUnlessTheRouteSaysOtherwise() throws IOException {
            tree.script("x.cgi").script("x.cgi.x").script("xcgi").script("a/x.cgi");
            with(new RouteOptions("/a", Map.of(RouteSetting.MODE, "direct")));
            assertThat(script("/x.cgi/y").mode()).isEqualTo(Mode.CGI);
            assertThat(script("/x.cgi.x").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/xcgi").mode()).isEqualTo(Mode.AUTO);
            assertThat(script("/a/x.cgi").mode()).isEqualTo(Mode.DIRECT);
        }

        @Test
        void isRawForNamesThatSaySo() {
            tree.script("cgi-bin/nph-x")
                    .script("cgi-bin/x")
                    .script("nph-a/x")
                    .link("nph-y", "nph-a/x");
            assertThat(script("/cgi-bin/nph-x/y").isRawByName()).isTrue();
            assertThat(script("/nph-y").isRawByName()).isTrue();
            assertThat(script("/cgi-bin/x/nph-y").isRawByName()).isFalse();
            assertThat(script("/nph-a/x").isRawByName()).isFalse();
        }
    }

    @Nested
    class WhenItCannotLook {

        @Test
        void forWantOfDescriptorsItIs503() {
            tree.script("x");
            refusal("/missing", 404); // so that no class needs a descriptor to be loaded below
            FileLimit before = Objects.requireNonNull(Processes.getFileLimit());
            Processes.setFileLimit(0, new FileLimit(3, before.hard()));
            Refusal refusal;
            try {
                refusal = refusal("/x", 503);
            } finally {
                Processes.setFileLimit(0, before);
            }
            assertThat(refusal.level()).isEqualTo(LogLevel.WARN);
            assertThat(refusal.detail()).contains("EMFILE");
            script("/x");
        }

        @Test
        void atStartItSaysWhy() {
            assertThatThrownBy(() -> ServedFolder.open(root.resolve("missing")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("missing: No such file or directory");
            tree.text("file");
            assertThatThrownBy(() -> ServedFolder.open(root.resolve("file")))
                    .hasMessageContaining("Not a directory");
        }
    }

    @Test
    void leavesNoDescriptorBehind() {
        tree.script("a/b").text("c.php").link("out", "../outside/secret").link("in", "/");
        for (String path : List.of("/a/b", "/a/b/c", "/a", "/a/", "/c.php", "/out", "/in", "/no")) {
            resolver.resolve(path);
        }
        int before = Files.open("/dev/null", Files.O_RDONLY, 0);
        caffeine.os.Descriptors.close(before);
        for (int i = 0; i < 50; i++) {
            for (String path :
                    List.of("/a/b", "/a/b/c", "/a", "/a/", "/c.php", "/out", "/in", "/no")) {
                resolver.resolve(path);
            }
        }
        int after = Files.open("/dev/null", Files.O_RDONLY, 0);
        caffeine.os.Descriptors.close(after);
        assertThat(after).isEqualTo(before);
    }

    private void assertRedirect(String path, String to) {
        Resolution resolution = resolver.resolve(path);
        assertThat(resolution).as(path).isEqualTo(new Redirect(to));
    }
}

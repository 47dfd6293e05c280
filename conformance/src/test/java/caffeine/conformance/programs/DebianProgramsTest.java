package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.OtherServer;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * CGI programs of Debian's packages, unchanged, on every engine and beside lighttpd: the same
 * status, type and content, but for what differs each time. {@code docs/scripts.md} says how each
 * is configured.
 */
class DebianProgramsTest {

    private static final Tree TREE = new Tree();
    private static final Path SITE = TREE.resolve("site");
    private static final Map<String, String> VARIABLES = new LinkedHashMap<>();
    private static final Map<EngineKind, Server> SERVERS = new HashMap<>();
    private static OtherServer lighttpd;

    /** What one asks a program, and what the answer has among other things. */
    record Step(String request, int status, String text) {

        static Step get(String target, int status, String text) {
            return new Step(Requests.get(target, "Connection: close"), status, text);
        }

        static Step post(String target, String form, String text) {
            String type = "Content-Type: application/x-www-form-urlencoded";
            return new Step(Requests.post(target, form, type, "Connection: close"), 200, text);
        }
    }

    /** A line each: the file that the package brings, the package, its language; what is asked. */
    enum Program {
        AWSTATS(
                "/usr/lib/cgi-bin/awstats.pl",
                "awstats", // Perl
                get("/cgi-bin/awstats.pl?config=site&configdir=@/awstats", "site.test"),
                get(
                        "/cgi-bin/awstats.pl?config=site&configdir=@/awstats&framename=mainright",
                        "site.test"),
                get("/cgi-bin/awstats.pl?config=other", "AWStats")),
        BLOSXOM(
                "/usr/lib/cgi-bin/blosxom",
                "blosxom", // Perl
                get("/cgi-bin/blosxom", "Hello from the blog."),
                get("/cgi-bin/blosxom/first.html", "First entry"),
                get("/cgi-bin/blosxom/index.rss", "<rss")),
        CACHEMGR(
                "/usr/lib/cgi-bin/cachemgr.cgi",
                "squid-cgi", // C++; exits with 1
                get("/cgi-bin/cachemgr.cgi", "Cache Manager Interface")),
        CGIT(
                "/usr/lib/cgit/cgit.cgi",
                "cgit", // C
                get("/own/cgi-bin/cgit", "A project"),
                get("/own/cgi-bin/cgit/project/log/", "First commit"),
                get("/own/cgi-bin/cgit/project/plain/file.txt", "hello\n"),
                Step.get("/own/cgi-bin/cgit/nothing/", 404, "No repositories found")),
        FOSSIL(
                "/usr/bin/fossil",
                "fossil", // C
                Step.get("/own/cgi-bin/fossil", 302, "fossil/index"),
                get("/own/cgi-bin/fossil/timeline", "initial empty check-in"),
                Step.get("/own/cgi-bin/fossil/nothing", 404, "nothing")),
        GITWEB(
                "/usr/lib/cgi-bin/gitweb.cgi",
                "gitweb", // Perl
                get("/cgi-bin/gitweb.cgi", "project.git"),
                get("/cgi-bin/gitweb.cgi?p=project.git;a=summary", "First commit"),
                get("/cgi-bin/gitweb.cgi?p=project.git;a=search;s=First", "First commit"),
                Step.get("/cgi-bin/gitweb.cgi?p=other.git", 404, "No such project")),
        HASERL(
                "/usr/bin/haserl",
                "haserl", // shell within HTML
                get("/own/cgi-bin/haserl?name=Ada", "<p>Ada</p>"),
                Step.post("/own/cgi-bin/haserl", "name=Ada+L", "<p>Ada L</p>")),
        HGWEB(
                "/usr/share/doc/mercurial-common/examples/hgweb.cgi",
                "mercurial", // Python; outside of cgi-bin
                get("/hgweb.cgi", "First change"),
                get("/hgweb.cgi/rev/0", "file.txt"),
                get("/hgweb.cgi/raw-file/0/file.txt", "hello\n"),
                Step.get("/hgweb.cgi/rev/99", 404, "99")),
        INFO2WWW(
                "/usr/lib/cgi-bin/info2www",
                "info2www", // Perl, of 1996
                get("/cgi-bin/info2www", "Info Node"),
                get("/cgi-bin/info2www?(nothing-such)", "nothing-such")),
        MAN2HTML(
                "/usr/lib/cgi-bin/man/man2html",
                "man2html", // C
                get("/cgi-bin/man/man2html", "Manual Pages"),
                Step.get("/cgi-bin/man/man2html?nothing-such", 404, "nothing-such")),
        /** Half a hundred packages: with -Pfull alone. */
        MAPSERVER(
                "/usr/lib/cgi-bin/mapserv",
                "cgi-mapserver", // C++
                get("/cgi-bin/mapserv?map=/none", "MapServer Message")),
        MIMETEX(
                "/usr/lib/cgi-bin/mimetex.cgi",
                "mimetex", // C
                get("/cgi-bin/mimetex.cgi?x^2", "GIF8"),
                get("/cgi-bin/mimetex.cgi?formdata=\\sqrt{2}", "GIF8")),
        NAMAZU(
                "/usr/lib/cgi-bin/namazu.cgi",
                "namazu2", // C
                get("/cgi-bin/namazu.cgi?query=x", "No document matching")),
        OMEGA(
                "/usr/lib/cgi-bin/omega/omega",
                "xapian-omega", // C++
                get("/cgi-bin/omega/omega", "Omega"),
                get("/cgi-bin/omega/omega?P=cats", "cats"),
                Step.post("/cgi-bin/omega/omega", "P=cats", "cats")),
        QDBM(
                "/usr/lib/cgi-bin/qfts.cgi",
                "qdbm-cgi", // C
                get("/cgi-bin/qfts.cgi", "Full-text Search CGI")),
        RRDCGI(
                "/usr/bin/rrdcgi",
                "rrdtool", // markup of its own
                get("/own/cgi-bin/rrd?name=Ada", "<p>\"Ada\"</p>")),
        USEMOD(
                "/usr/lib/cgi-bin/wiki.pl",
                "usemod-wiki", // Perl
                get("/cgi-bin/wiki.pl", "HomePage"),
                get("/cgi-bin/wiki.pl?NoSuchPage", "Describe the new page here"),
                Step.post("/cgi-bin/wiki.pl", "search=nothing-such", "nothing-such"));

        private final Path file;
        private final String debianPackage;

        @SuppressWarnings("ImmutableEnumChecker") // List.of
        private final List<Step> steps;

        Program(String file, String debianPackage, Step... steps) {
            this.file = Path.of(file);
            this.debianPackage = debianPackage;
            this.steps = List.of(steps);
        }

        private static Step get(String target, String text) {
            return Step.get(target, 200, text);
        }

        private boolean isInstalled() {
            return Files.exists(file);
        }

        private void needed() {
            boolean full = this != MAPSERVER || Boolean.getBoolean("caffeine.full");
            Assumptions.assumeTrue(full, debianPackage + " is tried with -Pfull");
            Assumptions.assumeTrue(
                    isInstalled(),
                    file + " is not installed (apt-get install " + debianPackage + ")");
        }
    }

    @BeforeAll
    static void make() throws IOException {
        OtherServer.Kind.LIGHTTPD.needed();
        Run.needs("git", "git");
        TREE.openToAll();
        Files.createDirectories(SITE.resolve("own/cgi-bin"));
        variable("PATH", "/usr/bin:/bin");
        linkPrograms();
        gitRepository();
        ownScripts();
        for (Program program : Program.values()) {
            if (program.isInstalled()) {
                configure(program);
            }
        }
        lighttpd = OtherServer.lighttpd(SITE, VARIABLES);
    }

    /** A link for each, so that what they write to their folder does not stay with the package. */
    private static void linkPrograms() throws IOException {
        Path folder = Files.createDirectories(SITE.resolve("cgi-bin"));
        Path packaged = Path.of("/usr/lib/cgi-bin");
        if (Files.isDirectory(packaged)) {
            try (DirectoryStream<Path> programs = Files.newDirectoryStream(packaged)) {
                for (Path program : programs) {
                    Files.createSymbolicLink(folder.resolve(program.getFileName()), program);
                }
            }
        }
    }

    private static void variable(String name, String value) {
        VARIABLES.put(name, value);
    }

    private static void file(String name, String text) {
        TREE.file(name, text.replace("@", TREE.root().toString()), "rw-r--r--");
    }

    private static void gitRepository() {
        Path work = TREE.resolve("work");
        run("git", "init", "-q", "-b", "main", work.toString());
        file("work/file.txt", "hello\n");
        git(work, "add", ".");
        git(work, "commit", "-q", "-m", "First commit");
        Path bare = TREE.resolve("git/project.git");
        run("git", "clone", "-q", "--bare", work.toString(), bare.toString());
    }

    private static void git(Path work, String... words) {
        List<String> command =
                Stream.concat(
                                Stream.of("git", "-c", "user.name=A", "-c", "user.email=a@b.test"),
                                Stream.of(words))
                        .toList();
        String date = "2020-01-01T00:00:00Z";
        Run.of(command)
                .in(work)
                .with("GIT_AUTHOR_DATE", date)
                .with("GIT_COMMITTER_DATE", date)
                .output();
    }

    private static void run(String... command) {
        Run.of(command).with("HOME", TREE.root().toString()).output();
    }

    private static void ownScripts() {
        TREE.script(
                        "site/own/cgi-bin/haserl",
                        """
                        #!/usr/bin/haserl
                        Content-Type: text/html

                        <p><%= "$GET_name$POST_name" %></p>
                        """)
                .script("site/own/cgi-bin/rrd", "#!/usr/bin/rrdcgi\n<p><RRD::CV::QUOTE name></p>\n")
                .script(
                        "site/own/cgi-bin/fossil",
                        "#!/usr/bin/fossil\nrepository: " + TREE.resolve("fossil") + "\n");
    }

    private static void configure(Program program) throws IOException {
        switch (program) {
            case AWSTATS -> {
                file("access.log", ACCESS_LOG);
                file("awstats/awstats.site.conf", AWSTATS_CONF);
                variable("AWSTATS_ENABLE_CONFIG_DIR", TREE.root().toString());
                String folder = "-configdir=" + TREE.resolve("awstats");
                run(program.file.toString(), "-config=site", folder, "-update");
            }
            case BLOSXOM -> {
                file("blog/first.txt", "First entry\n<p>Hello from the blog.</p>\n");
                file(
                        "blosxom.conf",
                        "$blog_title = 'Test'; $datadir = '@/blog'; $plugin_dir = ''; 1;\n");
                variable("BLOSXOM_CONFIG_FILE", TREE.resolve("blosxom.conf").toString());
            }
            case CGIT -> {
                Files.createSymbolicLink(SITE.resolve("own/cgi-bin/cgit"), program.file);
                file("cgitrc", CGITRC);
                variable("CGIT_CONFIG", TREE.resolve("cgitrc").toString());
            }
            case FOSSIL ->
                    run("fossil", "init", "--admin-user", "ada", TREE.resolve("fossil") + "");
            case GITWEB -> {
                file("gitweb.conf", "our $projectroot = '@/git';\n");
                variable("GITWEB_CONFIG", TREE.resolve("gitweb.conf").toString());
            }
            case HGWEB -> {
                file("hg/file.txt", "hello\n");
                String hg = TREE.resolve("hg").toString();
                run("hg", "init", hg);
                run(
                        "hg",
                        "-R",
                        hg,
                        "commit",
                        "-q",
                        "-A",
                        "-u",
                        "a",
                        "-d",
                        "0 0",
                        "-m",
                        "First change");
                String text = Files.readString(program.file);
                TREE.script("site/hgweb.cgi", text.replace("/path/to/repo/or/config", hg));
            }
            default -> {}
        }
    }

    private static final String ACCESS_LOG =
            "192.0.2.7 - - [10/Oct/2024:13:55:36 +0000] \"GET /page.html HTTP/1.1\" 200 2326 \"-\""
                    + " \"Mozilla/5.0 (X11; Linux) Firefox/130.0\"\n";

    private static final String AWSTATS_CONF =
            """
            LogFile="@/access.log"
            LogFormat=1
            SiteDomain="site.test"
            DirData="@/awstats"
            DNSLookup=0
            """;

    private static final String CGITRC =
            """
            virtual-root=/own/cgi-bin/cgit
            repo.url=project
            repo.path=@/git/project.git
            repo.desc=A project
            """;

    @AfterAll
    static void clean() {
        if (lighttpd != null) {
            lighttpd.close();
        }
        SERVERS.values().forEach(Server::stop);
        SERVERS.values().forEach(Server::close);
        TREE.close();
    }

    private static Server start(EngineKind engine) {
        Server.Builder builder = Server.of(SITE, engine).options("--follow-links");
        VARIABLES.forEach(builder::with);
        return builder.options("--pass-env", String.join(",", VARIABLES.keySet())).start();
    }

    static Stream<Arguments> programsOnEngines(TestInfo test) {
        return EngineKind.some(test).stream()
                .flatMap(
                        engine ->
                                Stream.of(Program.values())
                                        .map(program -> Arguments.of(engine, program)));
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("programsOnEngines")
    void answerAsUnderAnotherServer(EngineKind engine, Program program) {
        program.needed();
        Server server = SERVERS.computeIfAbsent(engine, DebianProgramsTest::start);
        for (Step step : program.steps) {
            String request = step.request().replace("@", TREE.root().toString());
            Response here = server.exchange(request);
            String line = request.lines().findFirst().orElse("") + "\n" + here;
            assertThat(here.status()).as(line).isEqualTo(step.status());
            assertThat(here.text()).as(line).contains(step.text());
            Response there = exchangeThere(request);
            assertThat(here.status()).as(line).isEqualTo(there.status());
            assertThat(here.field("Content-Type")).as(line).isEqualTo(there.field("Content-Type"));
            assertThat(same(here, server.port()))
                    .as(line)
                    .isEqualTo(same(there, lighttpd.address().getPort()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void isInTheDocs(Program program) throws IOException {
        String docs = Files.readString(Repository.root().resolve("docs/scripts.md"));
        assertThat(docs).contains(program.debianPackage);
    }

    private static Response exchangeThere(String request) {
        try (Wire wire = Wire.connect(lighttpd.address(), Await.PATIENCE)) {
            return wire.send(request).response();
        }
    }

    /** The content without what differs each time: ports, nonces, the time of day, durations. */
    private static String same(Response response, int port) {
        return response.text()
                .replace(":" + port, ":PORT")
                .replaceAll("[0-9a-f]{32,}", "HEX")
                .replaceAll("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d(:\\d\\d)?", "NOW")
                .replaceAll("\\d\\d:\\d\\d:\\d\\d", "CLOCK")
                .replaceAll("\\d+\\.\\d+ ?s", "TIME");
    }
}

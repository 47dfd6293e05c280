package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Strace;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Map;

/** Which program runs a file that comes as files come: from archives, editors, other systems. */
class ScriptFilesTest {

    private static final Tree TREE = new Tree();
    private static final String NO_BIT = "rw-r--r--";
    private static final String BIT = "rwxr-xr-x";

    /** Only bash knows what this begins with. */
    private static final String IN_BASH = Scripts.CGI_HEAD + "[[ x == x ]] && echo bash \"$@\"\n";

    private static final String IN_PYTHON =
            """
            import os, sys
            print('Content-Type: text/plain\\n\\npython', len(sys.argv), os.getcwd())
            """;

    @BeforeAll
    static void make() {
        TREE.file("cgi-bin/first.sh", "#!/bin/bash\n" + IN_BASH, NO_BIT)
                .file("cgi-bin/env.sh", "#!/usr/bin/env bash\n" + IN_BASH, NO_BIT)
                .file("cgi-bin/several.sh", "#!/usr/bin/env -S bash -e\n" + IN_BASH, NO_BIT)
                .file("cgi-bin/none.py", IN_PYTHON, BIT)
                .file("cgi-bin/plain.py", IN_PYTHON, NO_BIT)
                .file("cgi-bin/mark.py", "\ufeff#!/usr/bin/python3\n" + IN_PYTHON, BIT)
                .file("none.sh", Scripts.DIRECT_HEAD + "echo direct\n", BIT)
                .file("none", Scripts.DIRECT_HEAD + "echo direct\n", BIT)
                .file("mark", "\ufeff#!/bin/sh\n" + Scripts.DIRECT_HEAD, BIT)
                .sh("a/x.cgi", Scripts.CGI_HEAD + "echo \"cgi $PATH_INFO\"\n")
                .file("a/bash.cgi", "#!/bin/bash\n" + IN_BASH, NO_BIT)
                .sh("b/index.cgi", Scripts.CGI_HEAD + "echo index\n")
                .file("page.html", "<p>page</p>\n", NO_BIT)
                .file("tool", "#!/bin/sh\n", NO_BIT);
    }

    @AfterAll
    static void clean() {
        TREE.close();
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void runAsTheyAreMeantTo(EngineKind engine) {
        try (Server server = Server.of(TREE.root(), engine).start()) {
            firstLines(server);
            executableText(server);
            cgiAsAnEnding(server);
            data(server);
            server.stop();
        }
    }

    private static void firstLines(Server server) {
        for (String name : new String[] {"first", "env", "several"}) {
            assertThat(server.get("/cgi-bin/" + name + ".sh").text()).isEqualTo("bash\n");
        }
    }

    private static void executableText(Server server) {
        String python = "python 1 " + TREE.resolve("cgi-bin") + "\n";
        for (String name : new String[] {"none", "plain", "mark", "none", "mark"}) {
            assertThat(server.get("/cgi-bin/" + name + ".py").text()).isEqualTo(python);
        }
        assertThat(server.get("/none.sh").text()).isEqualTo("direct\n");
        assertThat(server.get("/none").status()).isEqualTo(500);
        assertThat(server.get("/mark").status()).isEqualTo(500);
        server.log().await("WARN.*/mark: cannot be started: ENOEXEC.*byte order mark");
    }

    private static void cgiAsAnEnding(Server server) {
        assertThat(server.get("/a/x.cgi/y").text()).isEqualTo("cgi /y\n");
        assertThat(server.get("/a/bash.cgi").text()).isEqualTo("bash\n");
        assertThat(server.get("/b/").text()).isEqualTo("index\n");
    }

    private static void data(Server server) {
        assertThat(server.get("/page.html").status()).isEqualTo(403);
        assertThat(server.log().await("WARN.*page\\.html is not executable"))
                .contains("files are sent from a folder named static")
                .doesNotContain("chmod");
        assertThat(server.get("/tool").status()).isEqualTo(403);
        server.log().await("WARN.*tool is not executable.*chmod \\+x '.*tool'");
    }

    @Test
    void haveTheirFirstLineReadOnce() {
        int requests = 40;
        try (Server server =
                Server.of(TREE.root(), EngineKind.SHARDED).options("--threads", "1").start()) {
            for (int i = 0; i < 5; i++) {
                server.get("/cgi-bin/first.sh");
                server.get("/page.html");
            }
            Map<String, Integer> calls;
            try (Strace strace = Strace.of(server.pid(), "shard-")) {
                for (int i = 0; i < requests; i++) {
                    server.get("/cgi-bin/first.sh");
                    server.get("/page.html");
                }
                calls = strace.counts();
            }
            assertThat(calls.getOrDefault("openat2", 0)).isGreaterThanOrEqualTo(2 * requests);
            assertThat(calls.getOrDefault("pread64", 0)).as("" + calls).isLessThan(requests / 2);
            server.stop();
        }
    }

    @Test
    void areCheckedAsTheyRun() {
        Run.Outcome check = Server.with("--path", TREE.root().toString(), "--check").run();
        assertThat(check.exit()).isEqualTo(1);
        assertThat(check.out())
                .contains("/cgi-bin/first.sh  ")
                .contains("cgi, by /bin/bash\n")
                .contains("cgi, by /usr/bin/env -S bash -e\n")
                .containsPattern("/cgi-bin/none.py +cgi, by /.*/python3\n")
                .containsPattern("/a/x.cgi +cgi\n")
                .containsPattern(
                        "page.html +no address \\(403\\).*files are sent from a folder named"
                                + " static");
        assertThat(check.err())
                .containsPattern("/mark: .*byte order mark")
                .containsPattern("/none: .*begins neither with #!")
                .doesNotContain("none.py")
                .doesNotContain("page.html");
    }
}

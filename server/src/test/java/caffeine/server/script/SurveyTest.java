package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import caffeine.http.Limits;
import caffeine.server.options.App;
import caffeine.server.options.Deadlines;
import caffeine.server.options.LogLevel;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;
import caffeine.server.options.ScriptOptions;
import caffeine.server.options.ScriptOptions.Interpreter;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.script.Survey.Finding;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** What a look through the folder says of each kind of file. */
class SurveyTest {

    @TempDir Path root;

    private int requestLineBytes = 8192;
    private boolean followLinks;

    @Nested
    class Served {

        @Test
        void executableScriptsAndBinaries() throws IOException {
            file("hello", "#!/bin/sh\n", true);
            file("copy", "\177ELF\2\1\1", true);
            file("env", "#! /usr/bin/env sh\n", true);
            assertThat(addresses()).containsExactly("/copy", "/env", "/hello");
            assertThat(survey()).allMatch(finding -> finding.trouble() == null);
        }

        @Test
        void filesOfAnEndingByTheirInterpreter() throws IOException {
            file("a.sh", "echo", false);
            assertThat(only().script()).isNotNull();
            assertThat(only().isWrong()).isFalse();
        }

        @Test
        void executableTextByTheInterpreterOfItsEnding() throws IOException {
            file("a.sh", "echo\n", true);
            file("b.sh", "#!/usr/bin/env cat\n", false);
            assertThat(survey()).allMatch(finding -> finding.trouble() == null);
            assertThat(survey())
                    .extracting(finding -> finding.script())
                    .extracting(script -> script == null ? null : script.interpreterText())
                    .containsExactly("/usr/bin/sh", "/usr/bin/env cat");
        }

        @Test
        void deepAndWithNamesThatNeedEncoding() throws IOException {
            file("a b/é.sh", "", false);
            file("cgi-bin/x", "#!/bin/sh\n", true);
            assertThat(addresses()).containsExactly("/a%20b/%C3%A9.sh", "/cgi-bin/x");
            assertThat(survey())
                    .extracting(finding -> finding.script())
                    .extracting(script -> script == null ? null : script.mode())
                    .containsExactly(Script.Mode.AUTO, Script.Mode.CGI);
        }

        @Test
        void whatALinkWithinTheFolderLeadsTo() throws IOException {
            file("a/real", "#!/bin/sh\n", true);
            Files.createSymbolicLink(root.resolve("link"), Path.of("a/real"));
            Files.createSymbolicLink(root.resolve("a/up"), Path.of(".."));
            assertThat(addresses()).containsExactly("/a/real", "/link");
        }

        @Test
        void whatALinkOutOfTheFolderLeadsToWhereItMay(@TempDir Path other) throws IOException {
            Path program = Files.writeString(other.resolve("x"), "#!/bin/sh\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.createSymbolicLink(root.resolve("file"), program);
            Files.createSymbolicLink(root.resolve("folder"), other);
            followLinks = true;
            assertThat(addresses()).containsExactly("/file", "/folder/x");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertThat(survey())
                    .allMatch(Finding::isWrong)
                    .extracting(finding -> String.valueOf(finding.trouble()))
                    .allMatch(trouble -> trouble.contains("may be written by other users"));
        }

        @Test
        void butNothingHidden() throws IOException {
            file(".git/hook", "#!/bin/sh\n", true);
            file(".profile", "x", false);
            file("a/.well-known/x", "#!/bin/sh\n", true);
            assertThat(survey()).isEmpty();
            file(".well-known/x", "#!/bin/sh\n", true);
            assertThat(addresses()).containsExactly("/.well-known/x");
        }
    }

    @Nested
    class Wrong {

        @ParameterizedTest(name = "{0}")
        @CsvSource(
                delimiter = '|',
                commentCharacter = '%',
                textBlock =
                        """
                        #!/bin/sh\\n                | false | it looks like a program, but is not executable
                        \177ELF                     | false | it looks like a program, but is not executable
                        echo hello\\n               | true  | begins neither with #! nor as a program does
                        ''                          | true  | is executable, but empty
                        #!/bin/sh\\r\\necho\\r\\n   | true  | first line ends in CR LF
                        \ufeff#!/bin/sh\\n | true | begins with a byte order mark
                        #!sh\\n                     | true  | names no absolute path
                        #!/no/such/program -x\\n    | true  | names /no/such/program, which is not there
                        #!/usr/bin/env no-such\\n   | true  | names no-such, which is not in PATH
                        """)
        void programsThatWouldNotRun(String text, boolean executable, String trouble)
                throws IOException {
            String content = text.replace("\\n", "\n").replace("\\r", "\r");
            file("x", content, executable);
            assertThat(only().trouble()).contains(trouble);
            assertThat(only().isWrong()).isTrue();
        }

        @Test
        void cgiThatNothingRuns() throws IOException {
            file("a.cgi", "#!/no/such/program\n", false);
            assertThat(only().trouble()).contains("a.cgi is not executable, and has no first line");
            assertThat(only().isWrong()).isTrue();
        }

        @Test
        void whatAShellStumblesOver() throws IOException {
            file("crlf.sh", "#!/bin/sh\r\necho\r\n", false);
            file("crlf.zz", "#!/usr/bin/env\r\n", false);
            file("mark.sh", "\ufeff#!/bin/sh\n", true);
            assertThat(survey())
                    .extracting(finding -> String.valueOf(finding.trouble()))
                    .satisfiesExactly(
                            crlf -> assertThat(crlf).contains("its lines end in CR LF"),
                            env -> assertThat(env).isEqualTo("null"),
                            mark -> assertThat(mark).contains("byte order mark"));
        }

        @Test
        void aMissingInterpreter() throws IOException {
            file("a.zz", "x", false);
            assertThat(only().trouble()).startsWith("no program no-such-interpreter in /");
            assertThat(only().isWrong()).isTrue();
        }

        @Test
        void linksThatLeadNowhereOrOut() throws IOException {
            Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
            Files.createSymbolicLink(root.resolve("file"), Path.of("/etc/passwd"));
            Files.createSymbolicLink(root.resolve("folder"), Path.of("/etc"));
            Files.createSymbolicLink(root.resolve("self"), Path.of("self"));
            assertThat(survey())
                    .extracting(Finding::name, finding -> firstWords(finding.trouble()))
                    .containsExactly(
                            tuple("dangling", "the link leads to"),
                            tuple("file", "the link leads out"),
                            tuple("folder", "the link leads out"),
                            tuple("self", "the link leads to"));
            assertThat(survey()).allMatch(Finding::isWrong);
        }

        @Test
        void anAddressThatNoRequestLineHolds() throws IOException {
            requestLineBytes = 64;
            file("x".repeat(47), "#!/bin/sh\n", true);
            assertThat(only().trouble()).isNull();
            file("y".repeat(48), "#!/bin/sh\n", true);
            assertThat(survey().getLast().trouble()).contains("longer than a request line may be");
        }
    }

    @Test
    void dataIsNamedButNotWrong() throws IOException {
        file("data.json", "{}", false);
        assertThat(only().trouble())
                .startsWith("no address (403)")
                .contains("files are sent from a folder named static")
                .doesNotContain("chmod");
        assertThat(only().isWrong()).isFalse();
    }

    @Test
    void aFolderThatIsGone() {
        assertThatThrownBy(() -> Survey.of(options(root.resolve("gone"))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("gone");
    }

    private static String firstWords(@Nullable String text) {
        return text == null ? "" : String.join(" ", List.of(text.split(" ")).subList(0, 4));
    }

    private List<String> addresses() throws IOException {
        return survey().stream().map(finding -> String.valueOf(finding.address())).toList();
    }

    private Finding only() throws IOException {
        List<Finding> all = survey();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    private List<Finding> survey() throws IOException {
        return Survey.of(options(root));
    }

    private ServerOptions options(Path folder) {
        return new ServerOptions(
                NetworkOptions.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                new ServerLimits(
                        new Limits(requestLineBytes, 1024, 10, 1024, 256), 1, 0, 0, 1, 0, 0),
                Deadlines.DEFAULT,
                App.SCRIPTS,
                new ScriptOptions(
                        folder,
                        false,
                        Map.of("PATH", "/usr/bin:/bin"),
                        false,
                        List.of(
                                new Interpreter("sh", "sh", false),
                                new Interpreter("zz", "no-such-interpreter", false)),
                        List.of(
                                new RouteOptions(
                                        "", Map.of(RouteSetting.FOLLOW_LINKS, followLinks)))),
                LogLevel.INFO);
    }

    private void file(String name, String text, boolean executable) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.resolveSibling(".").normalize());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(
                file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }
}

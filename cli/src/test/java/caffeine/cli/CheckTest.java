package caffeine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.cli.options.Surroundings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code --check}: what it prints, where, and its exit code. */
class CheckTest {

    @TempDir Path folder;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @Test
    void saysWhatWouldBeServed() throws IOException {
        script("hello", "#!/bin/sh\n");
        script("cgi-bin/index", "#!/bin/sh\n");
        Files.writeString(folder.resolve("notes.txt"), "text");
        assertThat(check("--path", folder.toString(), "-p", "9000")).isZero();
        assertThat(errors()).isEmpty();
        assertThat(output().replaceAll(" +", " "))
                .startsWith("Settings\n")
                .contains("\n port = 9000 command line\n")
                .contains("\n max-body = \"16m\" default\n")
                .contains("\n path = \"" + folder + "\" command line\n")
                .contains("\n interpreters.php = \"php-cgi\" writes CGI\n")
                .contains(
                        "\nHandlers\n /cgi-bin/ /cgi-bin/index cgi\n /hello cgi or direct, as its")
                .contains("\n notes.txt ")
                .endsWith("\nhttp://127.0.0.1:9000 would serve 2 handlers; nothing is wrong\n");
    }

    @Test
    void saysWhereASettingComesFrom() throws IOException {
        Path file = folder.resolve(".caffeine.toml");
        Files.writeString(
                file,
                """
                path = "."
                port = 1
                cgi = true
                pass-env = ["A", "B"]

                # of another engine
                pin = false
                [interpreters]
                tcl = "/usr/bin/tclsh"
                """);
        script("hello", "#!/bin/sh\n");
        assertThat(check("-c", file.toString(), "--port=2")).isZero();
        assertThat(output().replaceAll(" +", " "))
                .contains("\n port = 2 command line\n")
                .contains("\n cgi = true .caffeine.toml:3\n")
                .contains("\n pin = false .caffeine.toml:7\n")
                .contains("\n pass-env = [\"A\", \"B\"] .caffeine.toml:4\n")
                .contains("\n interpreters.tcl = \"/usr/bin/tclsh\"\n")
                .contains("\n /hello cgi\n");
    }

    @Test
    void showsWhatEachRouteHas() throws IOException {
        Path file = folder.resolve(".caffeine.toml");
        Files.writeString(
                file,
                """
                path = "."
                [routes."/api"]
                methods = ["GET", "POST"]
                pass-authorization = true
                [routes."/api/slow/"]
                handler-timeout = "5m"
                mode = "cgi"
                """);
        Files.createDirectories(folder.resolve("api/slow"));
        script("api/slow/x", "#!/bin/sh\n");
        script("api/y", "#!/bin/sh\n");
        assertThat(check("-c", file.toString())).isZero();
        assertThat(output().replaceAll(" +", " "))
                .contains(
                        """

                        Routes (what they do not say holds as above)
                         /api
                         pass-authorization = true .caffeine.toml:4
                         methods = ["GET", "POST"] .caffeine.toml:3
                         /api/slow/
                         mode = "cgi" .caffeine.toml:7
                         handler-timeout = "5m" .caffeine.toml:6
                         pass-authorization = true .caffeine.toml:4, of /api
                         methods = ["GET", "POST"] .caffeine.toml:3, of /api

                        Handlers
                         /api/slow/x cgi
                         /api/y cgi or direct, as its first answer tells
                        """);
    }

    @Test
    void saysEveryAddress() throws IOException {
        script("hello", "#!/bin/sh\n");
        String[] words = {"--path", folder.toString(), "--bind=::", "--bind=unix:/x"};
        assertThat(check(words)).isZero();
        assertThat(output().replaceAll(" +", " "))
                .contains("\n bind = [\"::\", \"unix:/x\"] command line\n")
                .contains("\n bind-v6-only = false default\n")
                .contains(
                        "\nhttp://[::]:8080 and http://0.0.0.0:8080 and unix:/x would serve 1"
                                + " handler;");
    }

    @Test
    void withoutOneTheDefault() {
        assertThat(check("--app=hello")).isZero();
        assertThat(output().replaceAll(" +", " ")).contains("\n bind = \"127.0.0.1\" default\n");
    }

    @Test
    void ofVariablesItShowsTheNamesAlone() throws IOException {
        Path file = folder.resolve(".caffeine.toml");
        Files.writeString(
                file,
                """
                path = "."
                env = { A = "secret", B = "secret" }
                [routes."/api"]
                env = { B = "secret", C = "secret" }
                [routes."/api/x"]
                env.C = "secret"
                """);
        Files.createDirectories(folder.resolve("api"));
        script("api/x", "#!/bin/sh\n");
        assertThat(check("-c", file.toString(), "--env=A=secret")).isZero();
        assertThat(output().replaceAll(" +", " "))
                .contains("\n env.A = (not shown) command line\n")
                .contains("\n env.B = (not shown) .caffeine.toml:2\n")
                .contains(
                        """

                         /api
                         env.B = (not shown) .caffeine.toml:4
                         env.C = (not shown) .caffeine.toml:4
                         /api/x
                         env.B = (not shown) .caffeine.toml:4, of /api
                         env.C = (not shown) .caffeine.toml:6

                        """);
        assertThat(output() + errors()).doesNotContain("secret");
    }

    @Test
    void aRouteThatLeadsNowhereIsWrong() throws IOException {
        Path file = folder.resolve(".caffeine.toml");
        Files.writeString(
                file,
                """
                path = "."
                routes."/app/inner".mode = "cgi"
                routes."/api/".mode = "cgi"
                routes."/apl".mode = "cgi"
                routes."/".mode = "cgi"
                """);
        script("app", "#!/bin/sh\n");
        Files.createDirectory(folder.resolve("api"));
        assertThat(check("-c", file.toString())).isEqualTo(1);
        assertThat(output()).endsWith(" would serve 1 handler; 1 thing wrong\n");
        assertThat(errors())
                .isEqualTo(
                        "caffeine: "
                                + file
                                + ":4: routes.\"/apl\" leads to no script and no folder; correct"
                                + " the path, or remove the table\n");
    }

    @Test
    void saysWhatIsWrongAndFails() throws IOException {
        script("broken", "#!/no/such/program\n");
        script("fine", "#!/bin/sh\n");
        assertThat(check("--path", folder.toString())).isEqualTo(1);
        assertThat(output())
                .contains("  /fine ")
                .doesNotContain("/broken")
                .endsWith(" would serve 1 handler; 1 thing wrong\n");
        assertThat(errors())
                .isEqualTo(
                        "caffeine: "
                                + folder
                                + "/broken: its first line (#!) names /no/such/program, which is"
                                + " not there or not executable; install it, or correct the"
                                + " line\n");
    }

    @Test
    void aMistakeInTheFileFails() throws IOException {
        Path file = folder.resolve("caffeine.toml");
        Files.writeString(file, "port = \"x\"\n");
        assertThat(check("-c", file.toString())).isEqualTo(1);
        assertThat(output()).isEmpty();
        assertThat(errors())
                .isEqualTo(
                        "caffeine: "
                                + file
                                + ":1: port: \"x\" is text; give a whole number, without"
                                + " quotes\n");
    }

    @Test
    void oneInTheWordsIsOneOfUsage() {
        assertThat(check("--port=x")).isEqualTo(2);
        assertThat(output()).isEmpty();
    }

    @Test
    void makesNothing() {
        assertThat(check()).isEqualTo(1);
        assertThat(errors())
                .isEqualTo(
                        "caffeine: "
                                + folder
                                + "/.config/caffeine does not exist yet: the first start creates"
                                + " it; name another folder with --path\n");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void anAppHasNoHandlers() {
        assertThat(check("--app=hello")).isZero();
        assertThat(output())
                .contains("\nNo handlers: every request is answered by the app.\n")
                .endsWith("http://127.0.0.1:8080 would serve the app; nothing is wrong\n");
    }

    private void script(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(folder.resolve(name).resolveSibling("."));
        Files.writeString(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private int check(String... words) {
        List<String> all = new ArrayList<>(List.of("--check"));
        all.addAll(List.of(words));
        var surroundings =
                new Surroundings(
                        Map.of("PATH", "/usr/bin:/bin", "HOME", folder.toString()),
                        "/",
                        "/opt/java",
                        List.of("java", "-m", "x"),
                        new PrintStream(errors, true, StandardCharsets.UTF_8));
        return Main.run(
                new PrintStream(output, true, StandardCharsets.UTF_8),
                surroundings,
                all.toArray(new String[0]));
    }

    private String output() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private String errors() {
        return errors.toString(StandardCharsets.UTF_8);
    }
}

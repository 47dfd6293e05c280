package caffeine.conformance.instance;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@code --list-instances}: who runs, and nobody else. */
class ListTest {

    private final Home home = new Home();

    @AfterEach
    void clean() {
        home.close();
    }

    @Test
    void saysWhenNoneRuns() {
        assertThat(list()).isEqualTo(new Outcome(0, "no instance runs\n", ""));
        assertThat(list("--json")).isEqualTo(new Outcome(0, "[]\n", ""));
    }

    @Test
    void showsAllThatRunForPeopleAndForPrograms() throws IOException {
        Run.needs("python3", "python3");
        Home.Started one = home.start(home.name());
        Home.Started two =
                home.start(
                        home.name(),
                        "--engine",
                        "sharded",
                        "--threads",
                        "3",
                        "--bind=127.0.0.1",
                        "--bind=127.0.0.2");
        // Whatever cleans up /tmp may take a PID file: the instance runs on.
        Files.delete(Home.pidFile(two.name()));

        Outcome table = list();
        assertThat(table.exit()).isZero();
        assertThat(table.err()).isEmpty();
        assertThat(table.out().lines())
                .hasSize(3)
                .element(0)
                .asString()
                .matches("NAME +PID +STATE +ADDRESS +ENGINE +WORKERS +UPTIME +PATH");
        assertThat(table.out().lines().toList().get(2))
                .matches(
                        two.name()
                                + " +"
                                + two.pid()
                                + " +running +http://127.0.0.1:"
                                + two.port()
                                + ",http://127.0.0.2:"
                                + two.port()
                                + " +sharded +3 +\\d+s +"
                                + home.site());

        Path json =
                Files.writeString(home.root().resolve("list.json"), home.run("-L", "--json").out());
        String read =
                Run.of(
                                "python3",
                                "-c",
                                """
                                import json, sys
                                for i in json.load(open(sys.argv[1])):
                                    print(i['name'], i['pid'], i['state'], i['address'], i['engine'],
                                          i['workers'], i['path'], 0 <= i['uptimeSeconds'] < 60,
                                          i['started'][-1], i['log'], *i['addresses'])
                                """,
                                json.toString())
                        .output();
        assertThat(read.lines().toList().getFirst())
                .isEqualTo(
                        one.name()
                                + " "
                                + one.pid()
                                + " running http://127.0.0.1:"
                                + one.port()
                                + " prefork 1 "
                                + home.site()
                                + " True Z "
                                + home.file(one.name(), ".log")
                                + " http://127.0.0.1:"
                                + one.port());
        assertThat(read.lines().toList().getLast())
                .contains(" running http://127.0.0.1:" + two.port() + " ")
                .endsWith(" http://127.0.0.1:" + two.port() + " http://127.0.0.2:" + two.port());
    }

    @Test
    void passesOverWhatIsNoPidFileOfOurs() throws IOException {
        String link = home.name();
        String words = home.name();
        Files.createSymbolicLink(Home.pidFile(link), Path.of("/etc/hostname"));
        Files.writeString(Home.pidFile(words), "important\n");
        home.start(home.name()).killAll();

        assertThat(home.run("-L").out()).isEqualTo("no instance runs\n");
        assertThat(home.run("-L").err()).doesNotContain(link).doesNotContain(words);
    }

    @Test
    void needsNoNativeCallNorDoesTheLog() throws IOException {
        String name = home.name();
        home.start(name);
        Path loaded = home.root().resolve("classes");
        for (String[] words :
                new String[][] {
                    {"--list-instances"},
                    {"--log", "--name", name},
                    {"--reset-logs", "--name", name},
                    {"--help"},
                }) {
            // Without the AOT cache, which brings its classes along whether they are used or not.
            Outcome outcome =
                    home.command(words)
                            .with(
                                    "_JAVA_OPTIONS",
                                    "-XX:AOTMode=off -Xlog:class+load:file=" + loaded)
                            .outcome();
            assertThat(outcome.exit()).as(outcome.toString()).isZero();
            assertThat(Home.text(loaded))
                    .contains("caffeine.cli.Main")
                    .doesNotContain("caffeine.os.foreign")
                    .doesNotContain("jdk.internal.foreign.abi.AbstractLinker")
                    .doesNotContain("caffeine.server.prefork.PreforkEngine");
        }
    }

    /**
     * The list, without what it says of PID files that belong to nobody here: other tests kill
     * instances at the same time, and all users of a machine share {@code /tmp}.
     */
    private Outcome list(String... more) {
        List<String> words = new ArrayList<>(List.of("-L"));
        words.addAll(List.of(more));
        Outcome all = home.run(words.toArray(new String[0]));
        String ours =
                all.err()
                        .lines()
                        .filter(line -> home.owns(line) || !line.contains("was left behind by"))
                        .collect(Collectors.joining("\n"));
        return new Outcome(all.exit(), all.out(), ours);
    }
}

package caffeine.conformance.install;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Path;
import java.util.List;

/** What is installed beside the command: its manual page, and what shells know of it. */
class CompletionTest {

    private static final Path SHARE = Build.FOLDER.resolve("share");

    @BeforeAll
    static void build() {
        assertThat(Build.outcome().exit()).as(Build.outcome().toString()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    caffeine --eng            | --engine --engines
                    caffeine --engine pre     | prefork
                    caffeine --engine = shar  | shared sharded
                    caffeine --app ''         | scripts files hello echo ws-echo
                    caffeine -n s             | site-1 site-2
                    caffeine --log-level D    | DEBUG
                    caffeine --user roo       | root
                    caffeine --access-format '' | combined json
                    caffeine --port ''        |
                    caffeine --path si        | site
                    """)
    void bashCompletes(String words, String expected) {
        try (Tree tree = new Tree()) {
            tree.file("site/file", "", "rw-r--r--");
            for (String name : List.of("site-1", "site-2", "other")) {
                tree.file(".local/share/caffeine/" + name + ".lock", "", "rw-------");
            }
            String script =
                    """
                    . '%s'
                    COMP_WORDS=(%s)
                    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                    _caffeine
                    echo "${COMPREPLY[*]}"
                    """
                            .formatted(
                                    SHARE.resolve("bash-completion/completions/caffeine"), words);
            String reply =
                    Run.of("bash", "-c", script)
                            .with("HOME", tree.root().toString())
                            .in(tree.root())
                            .output();
            assertThat(reply.strip()).isEqualTo(expected == null ? "" : expected);
        }
    }

    /** A terminal, in which somebody presses the tabulator. */
    @ParameterizedTest
    @CsvSource({
        "--engine=shard, --engine=sharded",
        "--user roo, --user root",
        "--access-format j, --access-format json"
    })
    void zshCompletes(String typed, String expected) {
        Run.needs("zsh", "zsh");
        String script =
                """
                zmodload zsh/zpty
                zpty z zsh -f -i
                zpty -w z 'fpath=(%s $fpath); autoload -U compinit; compinit -u -D; PS1=; echo re''ady'
                zpty -r -m z line '*ready*'
                zpty -w -n z $'caffeine %s\\t'
                zpty -r -m z line '*%s*' && echo "completed: $line"
                """
                        .formatted(SHARE.resolve("zsh/site-functions"), typed, expected);
        Outcome outcome = Run.of("timeout", "240", "zsh", "-f", "-c", script).outcome();
        assertThat(outcome.out())
                .as(outcome.toString())
                .contains("completed: ")
                .doesNotContain("not found");
    }

    @Test
    void theManualPageIsWellFormed() {
        Run.needs("man", "man-db");
        String page = SHARE.resolve("man/man1/caffeine.1").toString();
        Outcome outcome =
                Run.of("man", "--warnings", "-l", page)
                        .with("LC_ALL", "C.UTF-8")
                        .with("MANWIDTH", "90")
                        .outcome();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exit()).isZero();
        assertThat(outcome.out()).contains("--list-instances", "EXIT STATUS", "127.0.0.1");
    }
}

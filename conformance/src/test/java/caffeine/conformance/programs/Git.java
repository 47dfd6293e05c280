package caffeine.conformance.programs;

import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** git as a client, without a configuration of a user. */
final class Git {

    private Git() {}

    /**
     * A run of git.
     *
     * @param home where it looks for a configuration
     */
    static Run run(Tree home, Path directory, String... arguments) {
        List<String> words = new ArrayList<>(List.of("git"));
        words.addAll(List.of(arguments));
        return Run.of(words)
                .in(directory)
                .withOnly(
                        Map.of(
                                "HOME", home.root().toString(),
                                "GIT_CONFIG_NOSYSTEM", "1",
                                "GIT_TERMINAL_PROMPT", "0",
                                "GIT_AUTHOR_NAME", "C",
                                "GIT_AUTHOR_EMAIL", "c@caffeine.test",
                                "GIT_COMMITTER_NAME", "C",
                                "GIT_COMMITTER_EMAIL", "c@caffeine.test"));
    }
}

package caffeine.conformance.install;

import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What {@code ./build.sh} makes, made once for all tests: linking takes its time. */
final class Build {

    /** Below target, so that the next run of the tests replaces it. */
    static final Path FOLDER = Repository.root().resolve("conformance/target/installation");

    private static final Outcome OUTCOME = make();

    private static final class Deb {
        static final Outcome OUTCOME = run(FOLDER, "deb");
    }

    private Build() {}

    private static Outcome make() {
        try {
            Files.createDirectories(FOLDER);
            try (var old = Files.newDirectoryStream(FOLDER, "*.deb")) {
                for (Path file : old) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Run.of(Repository.root().resolve("build.sh").toString(), "/opt/the default")
                .with("CAFFEINE_NO_BUILD", "1")
                .with("BUILD", FOLDER.toString())
                .outcome();
    }

    /** How it went. */
    static Outcome outcome() {
        return OUTCOME;
    }

    /** {@code make} with these words, in the folder. */
    static Outcome run(Path folder, String... words) {
        if (OUTCOME.exit() != 0) {
            throw new AssertionError("./build.sh: " + OUTCOME);
        }
        List<String> command = new ArrayList<>(List.of("make"));
        command.addAll(List.of(words));
        return Run.of(command).in(folder).outcome();
    }

    /** The Debian package, made once for all tests. */
    static Path deb() {
        Outcome outcome = Deb.OUTCOME;
        if (outcome.exit() != 0) {
            throw new AssertionError("make deb: " + outcome);
        }
        return Path.of(outcome.out().strip().replaceFirst("^built ", ""));
    }

    /** Installs below a prefix; it must succeed. */
    static void install(Path prefix) {
        Outcome outcome = run(FOLDER, "install", "PREFIX=" + prefix);
        if (outcome.exit() != 0) {
            throw new AssertionError(outcome.toString());
        }
    }

    /** An installed command, in an environment in which there is no Java. */
    static Run command(Path prefix, Path home, String... words) {
        List<String> command = new ArrayList<>(List.of(prefix.resolve("bin/caffeine").toString()));
        command.addAll(List.of(words));
        return Run.of(command)
                .withOnly(Map.of("HOME", home.toString(), "PATH", "/usr/bin:/bin"))
                .in(home);
    }
}

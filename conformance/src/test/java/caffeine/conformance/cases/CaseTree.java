package caffeine.conformance.cases;

import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The tree that the tables are written for. */
final class CaseTree {

    /** Where the tables and the tree's scripts lie. */
    static final Path DATA = Repository.resources().resolve("cases");

    private CaseTree() {}

    /** Every table, in the order of their names. */
    static List<Path> tables() {
        try (Stream<Path> files = Files.list(DATA)) {
            return files.filter(file -> file.toString().endsWith(".tsv")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the tree at {@code tree/served}, and beside it what no request may reach. */
    static Path in(Tree tree) {
        Path served = tree.resolve("served");
        for (String script : List.of("make-tree.sh", "make-files.sh")) {
            Run.of("sh", DATA.resolve(script).toString(), served.toString()).output();
        }
        return served;
    }
}

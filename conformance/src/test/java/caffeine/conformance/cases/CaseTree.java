package caffeine.conformance.cases;

import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import java.nio.file.Path;

/** The tree that the tables are written for. */
final class CaseTree {

    /** Where the tables and the tree's scripts lie. */
    static final Path DATA = Repository.resources().resolve("cases");

    private CaseTree() {}

    /** Makes the tree at {@code tree/served}, and beside it what no request may reach. */
    static Path in(Tree tree) {
        Path served = tree.resolve("served");
        Run.of("sh", DATA.resolve("make-tree.sh").toString(), served.toString()).output();
        return served;
    }
}

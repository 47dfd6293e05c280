package caffeine.conformance.cases;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.time.Duration;
import java.util.stream.Stream;

/** Every row of every table, against the launcher. */
class CaseTableTest {

    /** A row that names no limit of its own has this long; on a busy machine that is not much. */
    private static final Duration LIMIT = Duration.ofSeconds(4);

    private static final Tree TREE = new Tree();
    private static final CaseTable TABLE = new CaseTable();

    @RegisterExtension
    static final LeakCheck LEAKS =
            LeakCheck.around(() -> Server.of(CaseTree.in(TREE)).with("CASES_LEAK", "1"))
                    .closing(TREE);

    @AfterAll
    static void close() {
        TABLE.close();
    }

    @TestFactory
    Stream<DynamicContainer> rows() {
        Server server = LEAKS.server();
        return TABLE.tests(Row.readAll(CaseTree.tables(), server.port(), LIMIT), server.address());
    }
}

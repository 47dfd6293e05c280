package caffeine.conformance.cases;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.DynamicContainer;

import java.util.stream.Stream;

/** Every row of every table, against the launcher with one engine. */
final class EngineCases implements AutoCloseable {

    private final Tree tree = new Tree();
    private final CaseTable table = new CaseTable();
    private final EngineKind engine;

    EngineCases(EngineKind engine) {
        this.engine = engine;
    }

    /** The server, watched for leaks. */
    LeakCheck leakCheck() {
        return LeakCheck.around(() -> Server.of(CaseTree.in(tree), engine).with("CASES_LEAK", "1"))
                .closing(tree);
    }

    Stream<DynamicContainer> rows(LeakCheck leaks) {
        Server server = leaks.server();
        return table.tests(Row.readAll(CaseTree.tables(), server.port()), server.address());
    }

    @Override
    public void close() {
        table.close();
    }
}

package caffeine.conformance.cases;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Objects;
import java.util.stream.Stream;

/** Every row of every table, against the launcher with each engine, which is watched for leaks. */
@ParameterizedClass
@MethodSource("caffeine.conformance.harness.EngineKind#all")
class EngineCasesTest {

    private static CaseTable table;
    private static @Nullable LeakCheck leaks;

    @Parameter EngineKind engine = EngineKind.PREFORK;

    @BeforeAll
    static void open() {
        table = new CaseTable();
    }

    @AfterAll
    static void close() {
        table.close();
    }

    @BeforeParameterizedClassInvocation
    static void start(EngineKind engine) {
        Tree tree = new Tree();
        LeakCheck started =
                LeakCheck.around(() -> Server.of(CaseTree.in(tree), engine).with("CASES_LEAK", "1"))
                        .closing(tree);
        started.start();
        leaks = started;
    }

    @AfterParameterizedClassInvocation
    static void stop() throws Exception {
        Objects.requireNonNull(leaks).stop();
    }

    @TestFactory
    Stream<DynamicContainer> rows() {
        Server server = Objects.requireNonNull(leaks).server();
        return table.tests(
                engine.sample(Row.readAll(CaseTree.tables(), server.port())),
                server.address(),
                engine.isProcessPerConnection() ? Play.CLOSE_OF_A_PROCESS : Play.CLOSE);
    }
}

package caffeine.conformance.cases;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.LeakCheck;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.stream.Stream;

class VirtualCasesTest {

    private static final EngineCases CASES = new EngineCases(EngineKind.VIRTUAL);

    @RegisterExtension static final LeakCheck LEAKS = CASES.leakCheck();

    @AfterAll
    static void close() {
        CASES.close();
    }

    @TestFactory
    Stream<DynamicContainer> rows() {
        return CASES.rows(LEAKS);
    }
}

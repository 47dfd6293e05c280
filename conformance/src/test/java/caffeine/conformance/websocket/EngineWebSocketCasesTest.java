package caffeine.conformance.websocket;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Server;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Every row of the table of WebSocket cases, against the launcher with each engine. */
@ParameterizedClass
@MethodSource("caffeine.conformance.harness.EngineKind#all")
class EngineWebSocketCasesTest {

    private static final Path TABLE = Repository.resources().resolve("websocket/websocket.tsv");
    private static final long LARGEST = 16 << 20;
    private static final String PATH = "/echo";

    private static @Nullable Server server;

    @Parameter EngineKind engine = EngineKind.PREFORK;

    @BeforeParameterizedClassInvocation
    static void start(EngineKind engine) {
        server =
                Server.with("--app", "ws-echo", "--port", "0", "--max-message", "16m")
                        .patient()
                        .options(engine.options())
                        .start();
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        try (Server running = Objects.requireNonNull(server)) {
            running.stop();
        }
    }

    @TestFactory
    Stream<DynamicContainer> rows() {
        Server running = Objects.requireNonNull(server);
        Map<String, List<DynamicTest>> sections = new LinkedHashMap<>();
        for (Row row : Row.readAll(TABLE, PATH, LARGEST)) {
            sections.computeIfAbsent(row.section(), _ -> new ArrayList<>())
                    .add(
                            DynamicTest.dynamicTest(
                                    row.id() + " (" + row.source() + ")",
                                    () -> Play.of(row, running.address(), PATH)));
        }
        return sections.entrySet().stream()
                .map(each -> DynamicContainer.dynamicContainer(each.getKey(), each.getValue()));
    }
}

package caffeine.conformance.cases;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Plays rows, a few at a time, and tells of each as a test of its own. */
final class CaseTable implements AutoCloseable {

    /** Most rows wait for something; more at once would disturb their time limits. */
    private static final int AT_ONCE = 6;

    private final ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);

    /** A container for each section, a test for each row. All rows start now, in their order. */
    Stream<DynamicContainer> tests(List<Row> rows, InetSocketAddress server, Duration close) {
        Map<String, List<DynamicTest>> sections = new LinkedHashMap<>();
        for (Row row : rows) {
            Future<Optional<String>> played = threads.submit(() -> Play.of(row, server, close));
            sections.computeIfAbsent(row.section(), _ -> new ArrayList<>())
                    .add(DynamicTest.dynamicTest(row.id(), () -> judge(row, played.get())));
        }
        return sections.entrySet().stream()
                .map(
                        section ->
                                DynamicContainer.dynamicContainer(
                                        section.getKey(), section.getValue()));
    }

    private static void judge(Row row, Optional<String> came) {
        came.ifPresent(
                what ->
                        Assertions.fail(
                                row.id()
                                        + ": expected "
                                        + row.expect()
                                        + "; got "
                                        + what
                                        + row.source()));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

package caffeine.bench;

import caffeine.bench.WebSocketSettings.Measure;
import caffeine.bench.report.Figures;
import caffeine.bench.report.Page;
import caffeine.bench.report.Table;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What {@code bench/run websocket} found out.
 *
 * @param threads of every server that has several
 * @param seconds how long each measurement took
 * @param receivers connections that got a broadcast
 * @param idle the memory of idle connections
 * @param lines latencies of a line through a script
 * @param notes why there is no figure somewhere
 */
record WebSocketReport(
        int threads,
        int seconds,
        int rounds,
        int receivers,
        List<Server> servers,
        List<Idle> idle,
        List<Line> lines,
        List<String> notes) {

    private static final double MICROS_PER_MILLI = 1_000;

    /**
     * A server with messages.
     *
     * @param loads {@code ECHO} and {@code BROADCAST}; missing are those that were not measured
     */
    record Server(String name, Map<Measure, Load> loads) {}

    /**
     * The memory of idle connections, in bytes for each.
     *
     * @param connections how many there were
     * @param heapBytes what is alive on the heaps of its JVMs; NaN when it has none
     * @param otherBytes resident memory besides, of all its processes
     */
    record Idle(String name, int connections, double heapBytes, double otherBytes) {
        double allBytes() {
            return Double.isNaN(heapBytes) ? otherBytes : heapBytes + otherBytes;
        }
    }

    /**
     * A script that gives lines back.
     *
     * @param isReference whether the others are compared with it
     */
    record Line(String name, boolean isReference, Load load) {}

    /** The page in the folder docs. */
    static Page page(Path folder) {
        return new Page(folder.resolve("websocket.md"), "websocket");
    }

    /** Tables for people. */
    String text() {
        StringBuilder text = new StringBuilder();
        if (!servers.isEmpty()) {
            text.append(
                    """
                    ### Messages of 64 bytes, medians of %d rounds of %d s

                    CPU time is that of the server for a message that arrives at a client, in microseconds.

                    """
                            .formatted(rounds, seconds));
            text.append(messages());
        }
        if (!idle.isEmpty()) {
            text.append("\n### Memory of an idle connection, bytes\n\n").append(memory());
        }
        if (!lines.isEmpty()) {
            text.append("\n### A line through a script and back, on one connection\n\n");
            text.append(latencies());
        }
        notes.forEach(note -> text.append('\n').append(note).append('\n'));
        return text.toString();
    }

    private Table messages() {
        Table table =
                new Table(
                        "server",
                        "echo: messages/s",
                        "CPU µs",
                        "p50 ms",
                        "p99 ms",
                        "broadcast to %d: messages/s".formatted(receivers),
                        "CPU µs",
                        "p50 ms");
        for (Server server : servers) {
            table.row(
                    List.of(
                            server.name,
                            figure(server, Measure.ECHO, load -> load.perSecond().median()),
                            figure(server, Measure.ECHO, load -> load.cpuMicros().median()),
                            figure(server, Measure.ECHO, load -> load.p50Millis().median()),
                            figure(server, Measure.ECHO, load -> load.p99Millis().median()),
                            figure(server, Measure.BROADCAST, load -> load.perSecond().median()),
                            figure(server, Measure.BROADCAST, load -> load.cpuMicros().median()),
                            figure(server, Measure.BROADCAST, load -> load.p50Millis().median())));
        }
        return table;
    }

    private static String figure(Server server, Measure measure, ToDoubleFunction<Load> which) {
        Load load = server.loads.get(measure);
        return Figures.plain(load == null ? Double.NaN : which.applyAsDouble(load));
    }

    private Table memory() {
        Table table = new Table("server", "connections", "heap", "other", "together");
        for (Idle each : idle) {
            table.row(
                    List.of(
                            each.name,
                            Integer.toString(each.connections),
                            Figures.plain(each.heapBytes),
                            Figures.plain(each.otherBytes),
                            Figures.plain(each.allBytes())));
        }
        return table;
    }

    private Table latencies() {
        double reference =
                lines.stream()
                        .filter(Line::isReference)
                        .mapToDouble(line -> line.load.p50Millis().median())
                        .findFirst()
                        .orElse(Double.NaN);
        Table table = new Table("server", "p50 µs", "p99 µs", "of websocketd");
        for (Line line : lines) {
            double p50 = line.load.p50Millis().median();
            List<String> row = new ArrayList<>(List.of(line.name));
            row.add(Figures.plain(p50 * MICROS_PER_MILLI));
            row.add(Figures.plain(line.load.p99Millis().median() * MICROS_PER_MILLI));
            row.add(Figures.ratio(p50 / reference));
            table.row(row);
        }
        return table;
    }
}

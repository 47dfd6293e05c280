package caffeine.bench;

import caffeine.bench.WebSocketSettings.Measure;
import caffeine.bench.client.Asking;
import caffeine.bench.client.Loader;
import caffeine.bench.client.Loader.Messages;
import caffeine.bench.host.JvmAllocation;
import caffeine.bench.host.MemoryUse;
import caffeine.bench.server.CaffeineHello;
import caffeine.bench.server.CaffeineLines;
import caffeine.bench.server.HandlerServer;
import caffeine.bench.server.LineProgram;
import caffeine.bench.server.NodeWebSocket;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.server.Websocketd;
import caffeine.server.engine.EngineDescription;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * {@code bench/run websocket}: messages that come back, messages to many connections, the memory of
 * idle connections, and scripts. All servers of a measurement run at the same time, and are idle
 * unless it is their turn; each round begins with another one.
 */
final class WebSocketBench {
    private static final String ECHO = "/echo";
    private static final int ECHOES = 64;

    /** In this order. */
    private static final Map<Measure, Messages> MESSAGES =
            new EnumMap<>(
                    Map.of(Measure.ECHO, Messages.ECHO, Measure.BROADCAST, Messages.BROADCAST));

    private static final double KIB = 1024;

    /**
     * Of JVMs whose memory is measured: the heap is in memory from the start, so resident memory
     * grows with everything else, and without the second compiler, which holds some 20 MiB for a
     * while.
     */
    private static final List<String> AT_REST =
            List.of(
                    "-Xms" + HandlerServer.HEAP_MIB + "m",
                    "-XX:+AlwaysPreTouch",
                    "-XX:TieredStopAtLevel=1");

    private final Session session;
    private final WebSocketSettings settings;
    private final Loader loader;
    private final TreeSet<String> notes = new TreeSet<>();

    WebSocketBench(Session session, WebSocketSettings settings)
            throws IOException, InterruptedException {
        this.session = session;
        this.settings = settings;
        loader = Loader.webSocket(session.home(), session.cleanup());
    }

    WebSocketReport run() throws IOException, InterruptedException {
        List<WebSocketReport.Server> servers = List.of();
        List<WebSocketReport.Line> lines = List.of();
        List<WebSocketReport.Idle> idle = new ArrayList<>();
        if (settings.measures(Measure.ECHO) || settings.measures(Measure.BROADCAST)) {
            servers = measureMessages();
        }
        if (settings.measures(Measure.IDLE)) {
            List<String> here = session.kinds().stream().map(ServerKind::name).toList();
            for (ServerKind kind : session.webSocketServers(settings, AT_REST)) {
                if (here.contains(kind.name())) {
                    measureIdle(kind).ifPresent(idle::add);
                }
            }
        }
        if (settings.measures(Measure.SCRIPT)) {
            lines = measureLines();
        }
        return new WebSocketReport(
                settings.threads,
                settings.seconds,
                settings.rounds,
                settings.receivers,
                servers,
                idle,
                lines,
                List.copyOf(notes));
    }

    private void note(ServerKind kind, String what, String why) {
        notes.add("%s, %s: %s".formatted(kind.name(), what, why));
    }

    // ---- messages

    /**
     * A server in its turns.
     *
     * @param loads those that it has
     */
    private record Contestant(RunningServer server, Map<Measure, Load.Rounds> loads) {

        WebSocketReport.Server result() {
            Map<Measure, Load> results = new EnumMap<>(Measure.class);
            loads.forEach((measure, rounds) -> results.put(measure, rounds.load()));
            return new WebSocketReport.Server(server.kind().name(), results);
        }
    }

    private List<WebSocketReport.Server> measureMessages()
            throws IOException, InterruptedException {
        List<Contestant> contestants = new ArrayList<>();
        try {
            for (ServerKind kind : session.kinds()) {
                start(kind).ifPresent(server -> contestants.add(contestant(server)));
            }
            Turns<Contestant> turns =
                    new Turns<>(
                            session,
                            contestants,
                            each -> each.server.kind().name(),
                            (each, what, why) -> note(each.server.kind(), what, why));
            for (Measure measure : MESSAGES.keySet()) {
                turns.each("warm-up, " + measure.label(), each -> load(each, measure, false));
            }
            for (int round = 1; round <= settings.rounds; round++) {
                for (Measure measure : MESSAGES.keySet()) {
                    turns.each(
                            measure.label(),
                            round,
                            settings.rounds,
                            each -> load(each, measure, true));
                }
            }
            return contestants.stream().map(Contestant::result).toList();
        } finally {
            for (Contestant each : contestants) {
                each.server.close();
            }
        }
    }

    private Optional<RunningServer> start(ServerKind kind) throws InterruptedException {
        try {
            return Optional.of(session.start(kind, settings.threads, false, 0));
        } catch (IOException e) {
            session.leaveOut(kind.name(), Session.reason(e));
            return Optional.empty();
        }
    }

    private static @Nullable EngineDescription engine(ServerKind kind) {
        return kind instanceof HandlerServer ours ? ours.engine() : null;
    }

    private Contestant contestant(RunningServer server) {
        EngineDescription engine = engine(server.kind());
        int echoes = EnginesWorkload.KEPT.connections(engine);
        if (echoes != ECHOES) {
            note(server.kind(), Measure.ECHO.label(), "with %d of them".formatted(echoes));
        }
        Map<Measure, Load.Rounds> loads = new EnumMap<>(Measure.class);
        if (settings.measures(Measure.ECHO)) {
            loads.put(Measure.ECHO, new Load.Rounds(echoes));
        }
        String obstacle = engine == null ? null : obstacle(engine);
        if (settings.measures(Measure.BROADCAST)) {
            if (obstacle == null) {
                loads.put(Measure.BROADCAST, new Load.Rounds(settings.receivers));
            } else {
                note(server.kind(), Measure.BROADCAST.label(), obstacle);
            }
        }
        return new Contestant(server, loads);
    }

    /** Why connections of an engine are not together; null: they are. */
    private static @Nullable String obstacle(EngineDescription engine) {
        if (engine.isSequential()) {
            return "serves one connection at a time";
        }
        return engine.isProcessPerConnection() || CaffeineHello.hasWorkers(engine)
                ? "its connections are in several processes"
                : null;
    }

    private void load(Contestant each, Measure measure, boolean counts)
            throws IOException, InterruptedException {
        Load.Rounds rounds = each.loads.get(measure);
        Messages messages = MESSAGES.get(measure);
        if (rounds != null && messages != null) {
            load(each.server, "/" + measure.label(), messages, rounds, counts);
        }
    }

    /**
     * Puts a load on a server.
     *
     * @param counts whether it is measured; else the server warms up
     */
    private void load(
            RunningServer server,
            String path,
            Messages messages,
            Load.Rounds rounds,
            boolean counts)
            throws IOException, InterruptedException {
        try (Loader.Loading loading =
                loader.connect(server.port(), path, rounds.connections(), messages)) {
            long before = server.group().cpuMicros();
            Loader.Report report = loading.run(counts ? settings.time() : settings.warmup());
            if (counts) {
                rounds.add(report, (double) (server.group().cpuMicros() - before));
            }
        }
    }

    // ---- memory

    /** Starts a server for this alone, so that no earlier load has made room. */
    private Optional<WebSocketReport.Idle> measureIdle(ServerKind kind)
            throws InterruptedException {
        session.progress("%d idle connections: %s".formatted(settings.idle, kind.name()));
        EngineDescription engine = engine(kind);
        if (engine != null && (engine.isSequential() || engine.isProcessPerConnection())) {
            note(kind, Measure.IDLE.label(), "does not have so many connections");
            return Optional.empty();
        }
        try (RunningServer server = session.start(kind, settings.threads, false, 0)) {
            try (Loader.Loading warming =
                    loader.connect(server.port(), ECHO, ECHOES, Messages.ECHO)) {
                warming.run(settings.warmup());
                Memory before = memory(server);
                try (Loader.Loading _ =
                        loader.connect(server.port(), ECHO, settings.idle, Messages.ECHO)) {
                    Memory after = memory(server);
                    return Optional.of(
                            new WebSocketReport.Idle(
                                    kind.name(),
                                    settings.idle,
                                    (after.heapKib - before.heapKib) * KIB / settings.idle,
                                    (after.otherKib - before.otherKib) * KIB / settings.idle));
                }
            }
        } catch (IOException e) {
            note(kind, Measure.IDLE.label(), Session.reason(e));
            return Optional.empty();
        }
    }

    /**
     * The memory of all processes of a server.
     *
     * @param heapKib alive on the heaps; NaN when there is no JVM
     * @param otherKib anonymous memory, with the whole heaps
     */
    private record Memory(double heapKib, double otherKib) {}

    private Memory memory(RunningServer server) throws IOException, InterruptedException {
        double heapKib = Double.NaN;
        if (server.kind() instanceof NodeWebSocket node) {
            try (Asking asking =
                    new Asking(server.uri(node.modes().getFirst(), NodeWebSocket.COLLECT), false)) {
                asking.ask();
            }
        } else {
            heapKib = JvmAllocation.liveKib(session.cleanup(), server.group());
        }
        return new Memory(heapKib, MemoryUse.sum(server.group(), MemoryUse::anonymousKib));
    }

    // ---- scripts

    /** A script that gives lines back. */
    private record Lines(
            RunningServer server,
            String label,
            String path,
            Messages messages,
            Load.Rounds rounds) {

        Lines(RunningServer server, String label, String path, Messages messages) {
            this(server, label, path, messages, new Load.Rounds(1));
        }

        WebSocketReport.Line result() {
            return new WebSocketReport.Line(
                    label, server.kind() instanceof Websocketd, rounds.load());
        }
    }

    private List<WebSocketReport.Line> measureLines() throws IOException, InterruptedException {
        LineProgram program =
                new LineProgram(
                        session.home().resolve("bench/src/main/c/line.c"), session.cleanup());
        List<RunningServer> servers = new ArrayList<>();
        List<Lines> all = new ArrayList<>();
        try {
            for (ServerKind kind : session.kinds()) {
                EngineDescription engine = engine(kind);
                if (engine != null) {
                    start(new CaffeineLines(session.launcher(), engine, program))
                            .ifPresent(servers::add);
                }
            }
            Websocketd other = new Websocketd(program);
            Optional<String> missing = other.missing();
            if (missing.isPresent()) {
                session.leaveOut(other.name(), missing.get());
            } else {
                start(other).ifPresent(servers::add);
            }
            for (RunningServer server : servers) {
                all.addAll(lines(server));
            }
            Turns<Lines> turns =
                    new Turns<>(
                            session,
                            all,
                            Lines::label,
                            (each, what, why) -> notes.add(each.label + ", " + what + ": " + why));
            turns.each("warm-up of scripts", each -> ask(each, false));
            for (int round = 1; round <= settings.rounds; round++) {
                turns.each(Measure.SCRIPT.label(), round, settings.rounds, each -> ask(each, true));
            }
            return all.stream().map(Lines::result).toList();
        } finally {
            for (RunningServer server : servers) {
                server.close();
            }
        }
    }

    private static List<Lines> lines(RunningServer server) {
        if (!(server.kind() instanceof CaffeineLines ours)) {
            return List.of(new Lines(server, server.kind().name(), "/", Messages.ECHO));
        }
        String name = ours.engine().name();
        return List.of(
                new Lines(server, name, CaffeineLines.WEB_SOCKET, Messages.ECHO),
                new Lines(server, name + ", as CGI", CaffeineLines.CGI, Messages.POST));
    }

    private void ask(Lines lines, boolean counts) throws IOException, InterruptedException {
        load(lines.server, lines.path, lines.messages, lines.rounds, counts);
    }
}

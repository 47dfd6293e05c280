package caffeine.bench;

import caffeine.bench.client.Ab;
import caffeine.bench.client.LoadClient;
import caffeine.bench.client.Wrk;
import caffeine.bench.host.Cleanup;
import caffeine.bench.host.Command;
import caffeine.bench.host.Machine;
import caffeine.bench.host.Tools;
import caffeine.bench.server.Apache;
import caffeine.bench.server.CaffeineFiles;
import caffeine.bench.server.CaffeineHello;
import caffeine.bench.server.CaffeineServer;
import caffeine.bench.server.DocumentRoot;
import caffeine.bench.server.FileSite;
import caffeine.bench.server.HandlerServer;
import caffeine.bench.server.HelloKind;
import caffeine.bench.server.JavaPeer;
import caffeine.bench.server.Lighttpd;
import caffeine.bench.server.LighttpdFiles;
import caffeine.bench.server.Nginx;
import caffeine.bench.server.NginxFiles;
import caffeine.bench.server.NginxHello;
import caffeine.bench.server.NodeWebSocket;
import caffeine.bench.server.RunningServer;
import caffeine.bench.server.ServerKind;
import caffeine.bench.server.Sockets;
import caffeine.server.engine.EngineDescription;
import caffeine.server.engines.Engines;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** One run of the bench: its folder, what was found on the machine, and what was not. */
final class Session implements AutoCloseable {

    /** A build may be needed first. */
    private static final Duration LAUNCHER_TIME = Duration.ofMinutes(10);

    private final Cleanup cleanup;
    private final Path home;
    private DocumentRoot root;
    private final List<ServerKind> kinds = new ArrayList<>();
    private final List<LoadClient> clients = new ArrayList<>();
    private final Map<String, String> leftOut = new LinkedHashMap<>();
    private int serversStarted;

    private Session(Path home) throws IOException {
        this.home = home;
        cleanup = new Cleanup();
        root = DocumentRoot.none(cleanup.folder(), cleanup);
    }

    /** What one kind of session needs to find. */
    @FunctionalInterface
    private interface Search {
        void run() throws IOException, InterruptedException;
    }

    /**
     * A session with scripts: finds out what is there.
     *
     * @param home the root of the repository
     */
    static Session forScripts(Path home, Settings settings)
            throws IOException, InterruptedException {
        settings.check();
        Session session = new Session(home);
        session.find(
                () -> {
                    session.root =
                            DocumentRoot.create(
                                    session.cleanup.folder().resolve("root"),
                                    home.resolve("bench/src/main/c/handler.c"),
                                    session.cleanup);
                    session.findServers(settings);
                    session.findClients(settings.clients);
                });
        return session;
    }

    /** A session without scripts: finds the servers that answer by themselves. */
    static Session forHello(Path home, HelloSettings settings)
            throws IOException, InterruptedException {
        settings.check();
        Session session = new Session(home);
        session.find(
                () -> {
                    session.findHelloServers(settings);
                    session.findClients(List.of("wrk"));
                });
        return session;
    }

    /** A session without scripts, for our engines and nginx. */
    static Session forSlow(Path home, SlowSettings settings)
            throws IOException, InterruptedException {
        settings.check();
        Session session = new Session(home);
        session.find(
                () ->
                        session.keep(
                                session.helloServers().stream().filter(settings::chosen).toList()));
        return session;
    }

    /** A session with the engines that the command lists, as far as they run here, and nginx. */
    static Session forEngines(Path home, EnginesSettings settings)
            throws IOException, InterruptedException {
        Session session = new Session(home);
        session.find(
                () -> {
                    List<ServerKind> known = new ArrayList<>();
                    for (String name : session.listedEngines()) {
                        EngineDescription engine = Objects.requireNonNull(Engines.named(name));
                        known.add(new CaffeineHello(session.launcher(), engine, session.version()));
                    }
                    known.add(new NginxHello(session.cleanup));
                    settings.check(known.stream().map(ServerKind::name).toList());
                    session.keep(
                            known.stream()
                                    .filter(kind -> Settings.chosen(settings.engines, kind.name()))
                                    .toList());
                });
        return session;
    }

    /** A session with WebSocket servers. */
    static Session forWebSocket(Path home, WebSocketSettings settings)
            throws IOException, InterruptedException {
        settings.check();
        Session session = new Session(home);
        session.find(() -> session.keep(session.webSocketServers(settings, List.of())));
        return session;
    }

    /** A session with a folder of files, for one of our engines, nginx and lighttpd. */
    static Session forFiles(Path home, FilesSettings settings)
            throws IOException, InterruptedException {
        settings.check();
        Session session = new Session(home);
        session.find(
                () -> {
                    FileSite site = FileSite.create(session.cleanup.folder().resolve("site"));
                    session.root = DocumentRoot.none(site.folder(), session.cleanup);
                    List<ServerKind> known = new ArrayList<>();
                    String version = session.version();
                    for (EngineDescription engine : Engines.ALL) {
                        known.add(new CaffeineFiles(session.launcher(), engine, version));
                    }
                    known.add(new NginxFiles(session.cleanup, false));
                    known.add(new NginxFiles(session.cleanup, true));
                    known.add(new LighttpdFiles(session.cleanup));
                    session.keep(
                            known.stream()
                                    .filter(kind -> settings.only.contains(kind.name()))
                                    .toList());
                    session.findClients(List.of("wrk"));
                });
        return session;
    }

    /**
     * The chosen WebSocket servers.
     *
     * @param jvmOptions more options of those that are in Java
     */
    List<ServerKind> webSocketServers(WebSocketSettings settings, List<String> jvmOptions)
            throws IOException, InterruptedException {
        List<ServerKind> chosen = new ArrayList<>();
        String version = version();
        for (EngineDescription engine : Engines.ALL) {
            if (settings.choosesEngine(engine.name())) {
                chosen.add(
                        new HandlerServer(
                                home,
                                engine,
                                Sockets.class,
                                engine.name(),
                                "%s, %s".formatted(version, engine.name()),
                                jvmOptions));
            }
        }
        for (JavaPeer.Peer peer : JavaPeer.WEB_SOCKET) {
            if (settings.chooses(peer.label)) {
                chosen.add(new JavaPeer(peers(), peer, HandlerServer.HEAP_MIB, jvmOptions));
            }
        }
        if (settings.chooses(WebSocketSettings.NODE)) {
            chosen.add(
                    new NodeWebSocket(
                            home.resolve("bench/peers/src/main/node/websocket.js"),
                            home.resolve("bench/target/npm"),
                            cleanup));
        }
        return chosen;
    }

    private List<String> listedEngines() throws IOException, InterruptedException {
        Command listed =
                Command.run(
                        cleanup,
                        LAUNCHER_TIME,
                        List.of(launcher().toString(), "--engines", "--json"));
        if (listed.status() != 0) {
            throw new IOException("./caffeine --engines --json failed:\n" + listed.text());
        }
        return JsonParser.parseString(listed.text()).getAsJsonArray().asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(engine -> engine.get("runsHere").getAsBoolean())
                .map(engine -> engine.get("name").getAsString())
                .toList();
    }

    /** A session with our own server alone. */
    static Session forCaffeine(Path home) throws IOException, InterruptedException {
        Session session = new Session(home);
        session.find(
                () ->
                        session.keep(
                                List.of(
                                        new CaffeineServer(
                                                session.launcher(), session.version()))));
        return session;
    }

    private void find(Search search) throws IOException, InterruptedException {
        try {
            // Servers that give up root have to get in.
            Files.setPosixFilePermissions(
                    cleanup.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
            search.run();
        } catch (IOException | InterruptedException | RuntimeException e) {
            cleanup.close();
            throw e;
        }
    }

    private void findHelloServers(HelloSettings settings) throws IOException, InterruptedException {
        List<HelloKind> known = helloServers();
        for (JavaPeer.Peer peer : JavaPeer.HELLO) {
            known.add(new JavaPeer(peers(), peer, settings.heapMib, List.of()));
        }
        keep(known.stream().filter(settings::chosen).toList());
    }

    /** Our engines, and nginx. */
    private List<HelloKind> helloServers() throws IOException, InterruptedException {
        List<HelloKind> known = new ArrayList<>();
        String version = version();
        for (EngineDescription engine : Engines.ALL) {
            known.add(new CaffeineHello(launcher(), engine, version));
        }
        known.add(new NginxHello(cleanup));
        return known;
    }

    private void findServers(Settings settings) throws IOException, InterruptedException {
        List<ServerKind> known = new ArrayList<>();
        if (Settings.chosen(settings.only, CaffeineServer.NAME)) {
            known.add(new CaffeineServer(launcher(), version()));
        }
        Stream.of(new Lighttpd(cleanup), new Apache(cleanup), new Nginx(cleanup))
                .filter(kind -> Settings.chosen(settings.only, kind.name()))
                .forEach(known::add);
        keep(known);
    }

    private String version() throws IOException, InterruptedException {
        Command version =
                Command.run(cleanup, LAUNCHER_TIME, List.of(launcher().toString(), "--version"));
        if (version.status() != 0) {
            throw new IOException("./caffeine --version failed:\n" + version.text());
        }
        return version.firstLine();
    }

    /** Those that are on this machine. */
    private void keep(List<? extends ServerKind> known) throws IOException {
        for (ServerKind kind : known) {
            kind.missing()
                    .ifPresentOrElse(why -> leaveOut(kind.name(), why), () -> kinds.add(kind));
        }
        if (kinds.isEmpty()) {
            throw new IOException("none of the servers is on this machine");
        }
    }

    private void findClients(List<String> chosen) {
        if (Settings.chosen(chosen, "ab")) {
            Tools.find("ab")
                    .ifPresentOrElse(
                            ab -> clients.add(new Ab(ab, cleanup)),
                            () ->
                                    leaveOut(
                                            "ab",
                                            "not installed (Debian: apt-get install"
                                                    + " apache2-utils)"));
        }
        if (Settings.chosen(chosen, "wrk")) {
            Tools.find("wrk")
                    .ifPresentOrElse(
                            wrk -> clients.add(new Wrk(wrk, cleanup)),
                            () -> leaveOut("wrk", "not installed (Debian: apt-get install wrk)"));
        }
    }

    private Path peers() {
        return home.resolve("bench/peers/target");
    }

    Path launcher() {
        return home.resolve("caffeine");
    }

    Path home() {
        return home;
    }

    Cleanup cleanup() {
        return cleanup;
    }

    DocumentRoot root() {
        return root;
    }

    /** The servers that are on this machine. */
    List<ServerKind> kinds() {
        return List.copyOf(kinds);
    }

    /** The load generators that are. */
    List<LoadClient> clients() {
        return List.copyOf(clients);
    }

    /** What is not measured, and why. */
    Map<String, String> leftOut() {
        return leftOut;
    }

    void leaveOut(String name, String why) {
        leftOut.put(name, why);
        progress("left out: %s: %s".formatted(name, why));
    }

    /** Starts a server in a folder of its own. */
    RunningServer start(ServerKind kind, int workers, boolean logs, int scriptsAtOnce)
            throws IOException, InterruptedException {
        return start(kind, root.simplest().label, workers, logs, scriptsAtOnce);
    }

    /**
     * Starts a server of files in a folder of its own.
     *
     * @param first the file that it is asked for until it answers
     */
    RunningServer start(ServerKind kind, String first, int workers)
            throws IOException, InterruptedException {
        return start(kind, first, workers, false, 0);
    }

    private RunningServer start(
            ServerKind kind, String first, int workers, boolean logs, int scriptsAtOnce)
            throws IOException, InterruptedException {
        Path own = cleanup.folder().resolve(kind.name() + "-" + ++serversStarted);
        return RunningServer.start(
                kind, root.folder(), first, own, workers, logs, scriptsAtOnce, cleanup);
    }

    /** The machine and the programs, for the head of a report. */
    Map<String, Object> circumstances() throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", Machine.describe());
        all.put("servers", kinds.stream().map(ServerKind::description).toList());
        all.put("clients", clients.stream().map(LoadClient::version).toList());
        all.put("leftOut", leftOut);
        return all;
    }

    /** Tells on standard error what goes on; but not that things fail because they are ended. */
    void progress(String text) {
        if (!cleanup.isEnding()) {
            System.err.println("bench: " + text);
        }
    }

    /** What an exception has to say. */
    static String reason(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    @Override
    public void close() {
        cleanup.close();
    }
}

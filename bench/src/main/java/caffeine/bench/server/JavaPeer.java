package caffeine.bench.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Another server in Java, of those in {@code bench/peers}, all with the same options of the JVM.
 *
 * @param peers {@code bench/peers/target}
 * @param peer which
 * @param heapMib its {@code -Xmx}
 * @param jvmOptions more options of the JVM
 */
public record JavaPeer(Path peers, Peer peer, int heapMib, List<String> jvmOptions)
        implements HelloKind {

    /** More than the default, which is the heap's: Jetty needs it for 10,000 connections. */
    private static final int DIRECT_MIB = 512;

    /** Those with WebSocket addresses. */
    public static final List<Peer> WEB_SOCKET =
            List.of(Peer.HELIDON_WEB_SOCKET, Peer.UNDERTOW_WEB_SOCKET, Peer.JETTY_WEB_SOCKET);

    /** Those that answer every request alike. */
    public static final List<Peer> HELLO =
            Stream.of(Peer.values()).filter(peer -> !WEB_SOCKET.contains(peer)).toList();

    /** Which there are. */
    public enum Peer {
        NETTY_EPOLL("netty-epoll", "NettyPeer", "netty-codec-http", "Netty, epoll", "epoll"),
        NETTY_URING(
                "netty-io_uring", "NettyPeer", "netty-codec-http", "Netty, io_uring", "io_uring"),
        JETTY("jetty", "JettyPeer", "jetty-server", "Jetty"),
        UNDERTOW("undertow", "UndertowPeer", "undertow-core", "Undertow"),
        HELIDON("helidon", "HelidonPeer", "helidon-webserver", "Helidon SE"),
        MICROHTTP("microhttp", "MicrohttpPeer", "microhttp", "microhttp"),
        ACTIVEJ("activej", "ActiveJPeer", "activej-http", "ActiveJ HTTP"),
        JETTY_WEB_SOCKET("jetty", "JettyWebSocketPeer", "jetty-websocket-jetty-server", "Jetty"),
        UNDERTOW_WEB_SOCKET("undertow", "UndertowWebSocketPeer", "undertow-core", "Undertow"),
        HELIDON_WEB_SOCKET(
                "helidon", "HelidonWebSocketPeer", "helidon-webserver-websocket", "Helidon SE");

        /** What {@code --only} calls it. */
        public final String label;

        private final String mainClass;
        private final String artifact;
        private final String inWords;
        private final String transport;

        Peer(String label, String mainClass, String artifact, String inWords) {
            this(label, mainClass, artifact, inWords, "");
        }

        Peer(String label, String mainClass, String artifact, String inWords, String transport) {
            this.label = label;
            this.mainClass = mainClass;
            this.artifact = artifact;
            this.inWords = inWords;
            this.transport = transport;
        }
    }

    @Override
    public Family family() {
        return Family.JAVA;
    }

    @Override
    public String name() {
        return peer.label;
    }

    @Override
    public String description() {
        return peer.inWords
                + libraries()
                        .flatMap(path -> versionOf(peer.artifact, path))
                        .map(" "::concat)
                        .orElse("");
    }

    /** The version of a library, by the name of its jar on a class path. */
    static Optional<String> versionOf(String artifact, String classPath) {
        Matcher m =
                Pattern.compile("/" + Pattern.quote(artifact) + "-([0-9][^/:]*)\\.jar(:|$)")
                        .matcher(classPath);
        return m.find() ? Optional.of(m.group(1)) : Optional.empty();
    }

    @Override
    public Optional<String> missing() {
        return libraries().isPresent()
                ? Optional.empty()
                : Optional.of(
                        "not built (it needs Maven and its repository: mvn package -Ppeers -pl"
                                + " bench/peers)");
    }

    private Optional<String> libraries() {
        try {
            return Optional.of(Files.readString(peers.resolve("classpath")).strip());
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    @Override
    public List<List<String>> prepare(Setup setup) {
        List<String> command =
                new ArrayList<>(
                        List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        // The same collector as ours: it has the cheapest barriers, and there are few processors.
        command.addAll(List.of("-Xmx" + heapMib + "m", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
        command.addAll(jvmOptions);
        command.add("-XX:MaxDirectMemorySize=" + DIRECT_MIB + "m");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("-Dio.netty.leakDetection.level=disabled");
        // Helidon's threads are virtual: these are what carries them.
        command.add("-Djdk.virtualThreadScheduler.parallelism=" + setup.workers());
        command.addAll(List.of("-cp", peers.resolve("classes") + ":" + libraries().orElseThrow()));
        command.add("caffeine.bench.peers." + peer.mainClass);
        command.addAll(List.of(Integer.toString(setup.port()), Integer.toString(setup.workers())));
        if (!peer.transport.isEmpty()) {
            command.add(peer.transport);
        }
        return List.of(command);
    }
}

package caffeine.conformance.harness;

import caffeine.conformance.harness.Procs.Stat;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * One server for a whole test class, with everything that it holds counted before and after:
 * descriptors of the parent and the workers, processes, temporary files, private memory. What has
 * grown and does not come back within the patience fails the class; so does a server that does not
 * stop cleanly. Register it in a static field.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {

    /** A JVM's heap and code may still warm up; a leak of a few KiB an exchange would show. */
    private static final long MEMORY_SLACK_KIB = 48L * 1024;

    /** As many as it was seen to open on two processors. */
    private static final int VIRTUAL_THREAD_POLLERS = 4;

    /** More scripts than any one class runs. */
    private static final int MOST_SCRIPTS = 60;

    private final Supplier<Server.Builder> recipe;
    private final List<AutoCloseable> afterwards = new ArrayList<>();
    private final List<Server> running = new ArrayList<>();
    private final List<Snapshot> before = new ArrayList<>();

    private LeakCheck(Supplier<Server.Builder> recipe) {
        this.recipe = recipe;
    }

    /** A server for a tree that is removed in the end. */
    public static LeakCheck serving(Tree tree, String... options) {
        return around(() -> Server.of(tree.root()).options(options)).closing(tree);
    }

    /** A server made by this recipe. */
    public static LeakCheck around(Supplier<Server.Builder> recipe) {
        return new LeakCheck(recipe);
    }

    /** What to close when the server has stopped. */
    public LeakCheck closing(AutoCloseable resource) {
        afterwards.add(resource);
        return this;
    }

    /** The server, while the class runs. */
    public Server server() {
        return running.getFirst();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (!isNested(context)) {
            start();
        }
    }

    /** Starts the server, for a class that has several, one after another. */
    public void start() {
        Server server = recipe.get().start();
        running.add(server);
        warmUp(server);
        before.add(Snapshot.of(server));
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (!isNested(context)) {
            stop();
        }
    }

    /** Looks for leaks, and stops the server. */
    public void stop() throws Exception {
        try (Server server = running.removeLast()) {
            check(server, before.removeLast());
            server.stop();
        } finally {
            for (AutoCloseable resource : afterwards) {
                resource.close();
            }
        }
    }

    /** Nested classes are told of too; the server is the outermost one's. */
    private static boolean isNested(ExtensionContext context) {
        return context.getRequiredTestClass().isMemberClass();
    }

    private static void check(Server server, Snapshot before) {
        Await.until(
                () -> "nothing leaked:\n  " + String.join("\n  ", grown(server, before)),
                Await.PATIENCE,
                () -> grown(server, before).isEmpty());
    }

    private static List<String> grown(Server server, Snapshot before) {
        return Snapshot.of(server).growthSince(before);
    }

    /** A few exchanges in every loop, so that what is opened once is open already. */
    private static void warmUp(Server server) {
        for (int i = 0; i < 4 * server.loops(); i++) {
            server.get("/warm-up-" + i + "-that-is-missing");
        }
        settled(server);
    }

    private static void settled(Server server) {
        // The first worker serves while the others still start: those have yet to open theirs.
        Await.until(
                () -> "the same descriptors in each worker: " + held(server),
                Await.PATIENCE,
                () -> held(server).stream().distinct().count() <= 1);
        Await.until(
                () -> "no connection left after the warm-up: " + Snapshot.of(server),
                Await.PATIENCE,
                () -> Snapshot.of(server).tcpConnections() == 0);
    }

    /** For each worker how many descriptors it holds of each kind that it opens at its start. */
    private static List<Map<String, Integer>> held(Server server) {
        return server.workers().stream()
                .map(worker -> Snapshot.kinds(List.of(worker)))
                .peek(kinds -> kinds.keySet().removeIf(kind -> Snapshot.comesLater(kind)))
                .toList();
    }

    /**
     * What a server holds at one moment.
     *
     * @param descriptors of the parent and of all workers, counted by kind
     * @param strangers processes that are neither the parent nor a worker
     * @param tcpConnections that some process still has to close
     */
    private record Snapshot(
            Map<String, Integer> descriptors,
            int workers,
            int loops,
            List<String> strangers,
            List<String> files,
            long privateKiB,
            int tcpConnections) {

        static Snapshot of(Server server) {
            List<Integer> own = new ArrayList<>(server.workers());
            int workers = own.size();
            own.add(server.pid());
            return new Snapshot(
                    kinds(own),
                    workers,
                    server.loops(),
                    server.handlers().stream().map(Stat::toString).toList(),
                    Tree.list(server.home()).stream().map(Object::toString).toList(),
                    own.stream().mapToLong(Procs::privateKiB).sum(),
                    TcpTable.connectionsOf(server.port()));
        }

        static Map<String, Integer> kinds(List<Integer> processes) {
            Map<String, Integer> kinds = new TreeMap<>();
            for (int pid : processes) {
                for (String target : Procs.descriptors(pid).values()) {
                    kinds.merge(kind(target), 1, Integer::sum);
                }
            }
            return kinds;
        }

        static boolean comesLater(String kind) {
            return kind.equals("pipe") || kind.endsWith(".jar");
        }

        List<String> growthSince(Snapshot before) {
            List<String> grown = new ArrayList<>();
            descriptors.forEach(
                    (kind, count) -> {
                        int was = before.descriptors.getOrDefault(kind, 0);
                        if (count > was + allowance(kind)) {
                            grown.add(kind + " descriptors: " + was + " before, " + count);
                        }
                    });
            strangers.stream().map(s -> "process " + s).forEach(grown::add);
            files.stream()
                    .filter(file -> !before.files.contains(file))
                    .map(file -> "file " + file)
                    .forEach(grown::add);
            if (workers != before.workers) {
                grown.add("workers: " + before.workers + " before, " + workers);
            }
            if (privateKiB > before.privateKiB + (loops + 1) * MEMORY_SLACK_KIB) {
                grown.add("private KiB: " + before.privateKiB + " before, " + privateKiB);
            }
            if (tcpConnections > 0) {
                grown.add("connections: " + tcpConnections);
            }
            return grown;
        }

        /**
         * A loop keeps the pipe for a script's standard error, both ends, by design; a JVM opens a
         * jar once, when the first class comes that its cache does not hold, and its pollers for
         * virtual threads at the first read that has to wait.
         */
        private int allowance(String kind) {
            if (kind.endsWith("[eventpoll]")) {
                return VIRTUAL_THREAD_POLLERS;
            }
            if (kind.equals("pipe")) {
                return 2 * loops * MOST_SCRIPTS;
            }
            return kind.endsWith(".jar") ? loops + 1 : 0;
        }

        private static String kind(String target) {
            if (target.startsWith("/memfd:")) {
                return "memfd";
            }
            if (target.startsWith("/")) {
                return target;
            }
            return target.replaceAll(":?\\[?\\d+\\]?$", "");
        }

        @Override
        public String toString() {
            return descriptors.entrySet().stream()
                    .map(e -> e.getKey() + "=" + e.getValue())
                    .collect(Collectors.joining(", ", "", ", connections=" + tcpConnections));
        }
    }
}

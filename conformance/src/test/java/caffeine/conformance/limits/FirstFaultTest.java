package caffeine.conformance.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Procs;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Each fault as the first thing that happens to a server: what handles it has never run before, and
 * may need a class that is still in its jar.
 */
@ParameterizedClass
@MethodSource("caffeine.conformance.harness.EngineKind#some")
class FirstFaultTest {

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");
    private static final int DESCRIPTORS = 200;
    private static final int CLIENTS = 400;

    /** Hundredths of a second of processor time in a second, above which a process spins. */
    private static final long SPINNING = 5;

    private static final String SCRIPT = "/cgi-bin/hello";

    @Parameter EngineKind engine = EngineKind.PREFORK;

    private Tree tree;

    @BeforeEach
    void makeTree() {
        tree = new Tree();
        tree.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
        tree.sh("cgi-bin/count", Scripts.CGI_HEAD + "wc -c\n");
    }

    @AfterEach
    void clean() {
        tree.close();
    }

    private Server.Builder scripts() {
        return Server.of(tree.root(), engine);
    }

    private Server.Builder hello() {
        return Server.with("--app", "hello", "--port", "0").options(engine.options());
    }

    /** Without the cache every class that is needed late is read from its jar. */
    private static Server.Builder uncached(Server.Builder builder) {
        return builder.with("JDK_JAVA_OPTIONS", "-XX:AOTMode=off");
    }

    @Test
    void tooManyOpenFilesWithTheAotCache() {
        runsOutOfDescriptors(hello(), "/");
        runsOutOfDescriptors(scripts(), SCRIPT);
    }

    @Test
    void tooManyOpenFilesWithoutTheAotCache() {
        runsOutOfDescriptors(uncached(hello()), "/");
        runsOutOfDescriptors(uncached(scripts()), SCRIPT);
    }

    private void runsOutOfDescriptors(Server.Builder builder, String target) {
        Run.needs("prlimit", "util-linux");
        try (Server server = builder.start()) {
            for (int pid : serving(server)) {
                String limit = "--nofile=" + DESCRIPTORS + ":" + DESCRIPTORS;
                Run.of("prlimit", limit, "--pid", Integer.toString(pid)).output();
            }
            List<Wire> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(server.open());
            }
            // Worker processes have room for as many together, and one client needs little.
            // An accept request of io_uring has the limit of when it was made: all are accepted.
            if (server.workers().isEmpty() && !engine.isSequential() && !acceptsByRequests()) {
                server.log().await("WARN .*cannot accept clients for now \\(.*Too many open files");
            }
            Await.until(
                    "it does not spin",
                    () -> ticksOfASecond(server) < SPINNING * serving(server).size());
            clients.forEach(Wire::close);
            // A script needs descriptors, which the server has when it has seen the ends.
            Await.until("it answers again", () -> server.get(target).status() == 200);
            server.stop();
        }
    }

    /** Clients come and are watched without a system call that strace could make fail. */
    private boolean acceptsByRequests() {
        return engine.name().equals("uring");
    }

    /** The processes that serve, whose descriptors can run out. */
    private static List<Integer> serving(Server server) {
        List<Integer> all = new ArrayList<>(server.workers());
        all.add(server.pid());
        return all;
    }

    /**
     * The request of io_uring that accepts clients ends with the error. It has the limit of when it
     * was made, so it is made again under a lower one: after all places were taken.
     */
    @Test
    void aRequestForClientsThatFindsNoDescriptor() {
        assumeTrue(acceptsByRequests(), "clients are accepted by system calls");
        Run.needs("prlimit", "util-linux");
        int places = 1024; // with fewer of them clients are accepted by system calls
        int leaving = 50;
        try (Server server =
                hello().options("--threads", "1", "--max-connections", "" + places)
                        .patient()
                        .start()) {
            assumeTrue(server.out().has("uring"), "this system refuses io_uring");
            List<Wire> clients = new ArrayList<>();
            for (int i = 0; i < places; i++) {
                // A request that is not complete: an idle connection closes when places are short.
                clients.add(server.open().renew(Await.PATIENCE).send("GET / HTTP/1.1\r\n"));
            }
            Await.until(
                    "all places are taken", () -> Procs.descriptors(server.pid()).size() > places);
            limitDescriptors(server, "" + DESCRIPTORS);
            // Those with high numbers: their descriptors are not to be had again.
            List<Wire> gone = clients.subList(places - leaving, places);
            gone.forEach(Wire::close);
            // The request ends when a client comes and there is no place for it.
            Await.until("a request is refused", () -> isRefusedOneMore(server, leaving + 1));
            Await.until("it does not spin", () -> ticksOfASecond(server) < SPINNING);
            limitDescriptors(server, "8192");
            assertThat(server.get("/").status()).isEqualTo(200);
            gone.clear();
            clients.forEach(Wire::close);
            server.stop();
        }
    }

    private static boolean isRefusedOneMore(Server server, int clients) {
        List<Wire> more = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            more.add(server.open().renew(Await.PATIENCE).send("GET / HTTP/1.1\r\n"));
        }
        more.forEach(Wire::close);
        return server.log().has("WARN .*cannot accept clients for now \\(.*Too many open files");
    }

    private static void limitDescriptors(Server server, String soft) {
        Run.of("prlimit", "--nofile=" + soft + ":", "--pid", Integer.toString(server.pid()))
                .output();
    }

    private static long ticksOfASecond(Server server) {
        long before = ticks(server);
        Await.holdsWithin(Duration.ofSeconds(1), () -> false);
        return ticks(server) - before;
    }

    private static long ticks(Server server) {
        return serving(server).stream().mapToLong(Procs::cpuTicks).sum();
    }

    /** Of errors that the server treats in the same way, one; with {@code -Pfull} each. */
    private static List<String> refusals(String... all) {
        return List.of(all).subList(0, FULL ? all.length : 1);
    }

    static List<String> refusalsOfAccept() {
        List<String> all = new ArrayList<>(List.of("ECONNABORTED"));
        all.addAll(refusals("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"));
        return all;
    }

    static List<String> refusalsOfPipe() {
        return refusals("EMFILE", "ENFILE");
    }

    static List<String> refusalsOfEpoll() {
        return refusals("ENOSPC", "ENOMEM");
    }

    @ParameterizedTest
    @MethodSource("refusalsOfAccept")
    void clientsThatCannotBeAccepted(String errno) {
        assumeFalse(acceptsByRequests(), "strace injects no errors into io_uring");
        try (Server server = uncached(hello()).start()) {
            try (Injected _ = Injected.into(server, "accept,accept4", errno);
                    Wire client = server.open().send(Requests.get("/"))) {
                if (!errno.equals("ECONNABORTED")) {
                    server.log().await("WARN .*cannot accept clients for now");
                }
                assertThat(client.available()).isZero();
            }
            assertThat(server.get("/").status()).isEqualTo(200);
            server.stop();
        }
    }

    /** Threads are started by the same call, so those of the server are not to be had either. */
    @ParameterizedTest
    @ValueSource(strings = {"ENOMEM", "EAGAIN"})
    void processesThatCannotBeStarted(String errno) {
        try (Server server = uncached(scripts()).start()) {
            try (Injected _ = Injected.into(server, "clone3,clone,vfork,fork", errno)) {
                Response response = server.get(SCRIPT);
                assertThat(response.status()).isEqualTo(503);
                assertThat(response.field("Retry-After")).matches("\\d+");
            }
            Await.until("a script runs", () -> server.get(SCRIPT).status() == 200);
            server.log().await("(WARN|ERROR).*" + errno);
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("refusalsOfPipe")
    void pipesThatCannotBeMade(String errno) {
        try (Server server = uncached(scripts()).start()) {
            try (Injected _ = Injected.into(server, "pipe2", errno)) {
                assertThat(server.get(SCRIPT).status()).isEqualTo(503);
            }
            assertThat(server.get(SCRIPT).text()).isEqualTo("hello\n");
            server.stop();
        }
    }

    @ParameterizedTest
    @MethodSource("refusalsOfEpoll")
    void clientsThatCannotBeWatched(String errno) {
        assumeFalse(acceptsByRequests(), "strace injects no errors into io_uring");
        try (Server server = uncached(hello()).start()) {
            // It greets before each of its threads has come to its loop.
            Await.until("it accepts", () -> Procs.watchesListeners(server.pid()));
            try (Injected _ = Injected.into(server, "epoll_ctl", errno);
                    Wire client = server.open()) {
                client.send("GET / HTTP/1.1\r\n"); // the rest has to be waited for
                // The JDK's selector says nothing of it, and its deadline ends the wait.
                client.discard(Integer.MAX_VALUE);
                client.awaitEnd();
            }
            Await.until("a client is served", () -> server.get("/").status() == 200);
            server.stop();
        }
    }

    /** An error that no client causes is told, and costs this client only. */
    @Test
    void aClientThatCannotBeRead() {
        assumeFalse(acceptsByRequests(), "strace injects no errors into io_uring");
        assumeTrue(engine.hasDescriptors(), "the JDK does not tell the error");
        try (Server server = uncached(hello()).start()) {
            try (Injected _ = Injected.into(server, "recvfrom", "ENOMEM");
                    Wire client = server.open().send(Requests.get("/"))) {
                client.awaitEnd();
            }
            server.log().await("WARN .*connection: disconnected 127.0.0.1: ENOMEM: .*");
            assertThat(server.get("/").status()).isEqualTo(200);
            server.stop();
        }
    }

    @Test
    void aFullDiskForABody() throws IOException {
        Run.needs("unshare", "util-linux");
        Run.needsRoot("mount a small disk");
        boolean allowed = Run.of("unshare", "-m", "true").outcome().exit() == 0;
        Assumptions.assumeTrue(allowed, "no mount namespace to be had here");
        Path disk = Files.createDirectory(tree.resolve("disk"));
        String mount = "mount -t tmpfs -o size=1m tmpfs " + disk + " && exec \"$@\"";
        Server.Builder small =
                uncached(scripts())
                        .with("TMPDIR", disk.toString())
                        .under("unshare", "-m", "sh", "-c", mount, "sh");
        try (Server server = small.start()) {
            String large = "0123456789abcdef".repeat(3 << 16);
            try (Wire wire = server.open()) {
                Response response = wire.send(Requests.post("/cgi-bin/count", large)).response();
                assertThat(response.status()).isEqualTo(507);
            }
            server.log().await("(WARN|ERROR).*ENOSPC");
            assertThat(server.get(SCRIPT).status()).isEqualTo(200);
            server.stop();
        }
    }

    @Test
    void aFullDiskForTheAccessLog() {
        try (Server server = uncached(scripts()).options("--access-log", "/dev/full").start()) {
            assertThat(server.get(SCRIPT).status()).isEqualTo(200);
            server.log().await("WARN .*access log: cannot be written: ENOSPC");
            assertThat(server.get(SCRIPT).status()).isEqualTo(200);
            server.stop();
        }
    }

    @Test
    void logFilesThatCannotBeReopened() {
        Path log = tree.resolve("access.log");
        Server.Builder logged = uncached(scripts()).options("--access-log", log.toString());
        try (Server server = logged.start()) {
            try (Injected _ = Injected.into(server, "openat,open,fcntl", "EMFILE")) {
                server.signal("USR1");
                server.log().await("ERROR .*lines still go to the old file");
            }
            assertThat(server.get(SCRIPT).status()).isEqualTo(200);
            Await.until("the line is in the old file", () -> read(log).contains(SCRIPT));
            server.stop();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** System calls of a server that fail until this is closed (strace -e inject). */
    private record Injected(Process strace, Path words) implements AutoCloseable {

        static Injected into(Server server, String calls, String errno) {
            Run.needs("strace", "strace");
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    "strace",
                                    "-f",
                                    "-q",
                                    "-e",
                                    "trace=" + calls,
                                    "-e",
                                    "inject=" + calls + ":error=" + errno));
            for (int pid : serving(server)) {
                command.add("-p");
                command.add(Integer.toString(pid));
            }
            try {
                Path words = Files.createTempFile("strace-", ".txt");
                Process process =
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectOutput(words.toFile())
                                .start();
                Injected injected = new Injected(process, words);
                injected.awaitAttached(server);
                return injected;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void awaitAttached(Server server) {
            Predicate<Integer> traced =
                    pid ->
                            Procs.tasks(pid, "").stream()
                                    .allMatch(task -> !read(task).contains("\nTracerPid:\t0\n"));
            Await.until(
                    "strace looks, or may not",
                    () -> !strace.isAlive() || serving(server).stream().allMatch(traced));
            if (!strace.isAlive()) {
                String reason = FirstFaultTest.read(words);
                close();
                Assumptions.abort("strace may not look (man ptrace, \"ptrace_scope\"): " + reason);
            }
        }

        /** Empty for a thread that has ended. */
        private static String read(Path task) {
            try {
                return Files.readString(task.resolve("status"));
            } catch (IOException _) {
                return "";
            }
        }

        /** Lets go of the server: strace detaches at SIGTERM. */
        @Override
        public void close() {
            strace.destroy();
            try {
                strace.waitFor();
                Files.deleteIfExists(words);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

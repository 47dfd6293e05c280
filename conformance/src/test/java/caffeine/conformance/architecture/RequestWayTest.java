package caffeine.conformance.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.Await;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * How long the way of a request is, from its {@code recv} to the {@code send} of its response: the
 * source files of ours through which the calls lead. A file that calls no other one of ours, as a
 * table of characters or a buffer, is the end of a way and not counted. The numbers are printed.
 */
class RequestWayTest {

    private static final int REQUESTS = 8;
    private static final int MOST_CGI_FILES = 56;

    @TempDir Path folder = Path.of("");

    /** A file, and how often a call from another file entered it and led on from there. */
    private record Way(Map<String, Integer> entries) {

        static Way of(List<String> calls) {
            Map<String, Integer> entries = new TreeMap<>();
            Deque<Frame> stack = new ArrayDeque<>();
            for (String call : calls) {
                String method = call.substring(2);
                if (call.startsWith(">")) {
                    Frame caller = stack.peek();
                    Frame frame = new Frame(method, caller == null ? "" : caller.file);
                    if (caller != null && !caller.file.equals(frame.file)) {
                        leadsOn(stack, caller.file, entries);
                    }
                    stack.push(frame);
                } else if (!stack.isEmpty() && stack.peek().method.equals(method)) {
                    Frame left = stack.pop();
                    if (left.leadsOn && !left.caller.equals(left.file)) {
                        entries.merge(left.file, 1, Integer::sum);
                    }
                }
            }
            return new Way(entries);
        }

        private static void leadsOn(Deque<Frame> stack, String file, Map<String, Integer> entries) {
            entries.putIfAbsent(file, 0);
            for (Frame frame : stack) {
                if (!frame.file.equals(file)) {
                    return;
                }
                frame.leadsOn = true;
            }
        }

        int files() {
            return entries.size();
        }

        int mostEntries() {
            return entries.values().stream().max(Comparator.naturalOrder()).orElse(0);
        }
    }

    private static final class Frame {
        final String method;
        final String file;
        final String caller;
        boolean leadsOn;

        Frame(String method, String caller) {
            this.method = method;
            this.file = method.replaceAll("[$.].*", "");
            this.caller = caller;
        }
    }

    /** The shortest of some: once a second a date is made, too. */
    private Way wayOf(Server.Builder builder, String target) throws IOException {
        Path jar = agent();
        Path ways = Files.createDirectory(folder.resolve("ways"));
        String agent = "-javaagent:" + jar + "=" + ways + " -XX:AOTMode=off";
        try (Server server =
                builder.options("--engine", "sharded", "--threads", "1", "--log-level", "ERROR")
                        .with("JDK_JAVA_OPTIONS", agent)
                        .start()) {
            try (Wire client = server.open()) {
                for (int i = 0; i < REQUESTS; i++) {
                    client.send(Requests.get(target));
                    assertThat(client.response().status()).isEqualTo(200);
                }
            }
            Await.until("each way is written down", () -> ways(ways).size() >= REQUESTS);
            server.stop();
        }
        return ways(ways).stream()
                .map(RequestWayTest::read)
                .filter(calls -> calls.getLast().contains("Sockets.send"))
                .map(Way::of)
                .min(Comparator.comparingInt(Way::files))
                .orElseThrow();
    }

    private static List<Path> ways(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".txt")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path agent() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(new Attributes.Name("Premain-Class"), WayAgent.class.getName());
        Path jar = folder.resolve("agent.jar");
        String own = "/" + WayAgent.class.getName().replace('.', '/');
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            for (String name : new TreeSet<>(List.of("", "$Entries", "$Entries$1"))) {
                String entry = own + name + ".class";
                try (var in = RequestWayTest.class.getResourceAsStream(entry)) {
                    assertThat(in).as(entry).isNotNull();
                    out.putNextEntry(new ZipEntry(entry.substring(1)));
                    in.transferTo(out);
                }
            }
        }
        return jar;
    }

    @Test
    void hello() throws IOException {
        Way way = wayOf(Server.with("--app", "hello", "--port", "0"), "/");
        System.out.println("way of a kept-alive hello: " + way.files() + " files " + way.entries());
        assertThat(way.files()).isBetween(10, 20);
        assertThat(way.mostEntries()).isLessThanOrEqualTo(2);
    }

    @Test
    void cgi() throws IOException {
        try (Tree tree = new Tree()) {
            tree.sh("cgi-bin/hello", Scripts.CGI_HEAD + "echo hello\n");
            String[] served = {"--path", tree.root().toString(), "--port", "0"};
            Way way = wayOf(Server.with(served), "/cgi-bin/hello");
            System.out.println("way of a CGI request: " + way.files() + " files " + way.entries());
            assertThat(way.files()).isBetween(20, MOST_CGI_FILES);
        }
    }
}

package caffeine.conformance.differential;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.OtherServer;
import caffeine.conformance.harness.Repository;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The same bytes to Caffeine, nginx, lighttpd and Apache. Where two of the others take another
 * number of requests out of them than we do, the reason must stand in docs/conformance.md.
 */
@EnabledIfSystemProperty(named = "caffeine.full", matches = "true")
class DifferencesTest {

    private static final String HEADING = "## Where others decide differently";
    private static final Pattern NAME = Pattern.compile("`([a-z]+-[a-z0-9.-]+)`");

    @Test
    void areTheOnesThatAreDocumented() throws IOException {
        for (OtherServer.Kind kind : OtherServer.Kind.values()) {
            kind.needed();
        }
        Map<String, String> documented = documented();
        assertThat(Samples.all()).containsKeys(documented.keySet().toArray(new String[0]));
        Map<String, String> found = differences();
        List<String> unexpected = new ArrayList<>();
        found.forEach(
                (name, verdicts) -> {
                    if (!documented.containsKey(name)) {
                        unexpected.add("not documented: " + name + ": " + verdicts);
                    } else if (!verdicts.startsWith(documented.get(name))) {
                        unexpected.add("documented otherwise: " + name + ": " + verdicts);
                    }
                });
        documented.forEach(
                (name, _) -> {
                    if (!found.containsKey(name)) {
                        unexpected.add("documented, but no difference: " + name);
                    }
                });
        assertThat(unexpected).isEmpty();
    }

    /** The names in the last column of the document's table, and what it says that we do. */
    private static Map<String, String> documented() throws IOException {
        String document = Files.readString(Repository.root().resolve("docs/conformance.md"));
        int start = document.indexOf(HEADING);
        assertThat(start).isPositive();
        int end = document.indexOf("\n## ", start + 1);
        Map<String, String> documented = new TreeMap<>();
        String section = document.substring(start, end < 0 ? document.length() : end);
        for (String line : section.lines().toList()) {
            String[] columns = line.split("(?<!\\\\)\\|", -1);
            if (line.startsWith("|") && columns.length == 7) {
                Matcher names = NAME.matcher(columns[5]);
                while (names.find()) {
                    documented.put(names.group(1), columns[2].strip());
                }
            }
        }
        return documented;
    }

    /** The verdicts of all, ours first, by the name of the request. */
    private static Map<String, String> differences() throws IOException {
        Map<String, String> differences = new TreeMap<>();
        HttpServer behind = behind();
        try (Tree tree = tree();
                Server ours = Server.of(tree.root()).start();
                OtherServer nginx = other(OtherServer.Kind.NGINX, tree, behind);
                OtherServer lighttpd = other(OtherServer.Kind.LIGHTTPD, tree, behind);
                OtherServer apache = other(OtherServer.Kind.APACHE, tree, behind)) {
            Samples.all()
                    .forEach(
                            (name, request) -> {
                                Verdict own = Verdict.of(ours.address(), request);
                                Verdict[] others = {
                                    Verdict.of(nginx.address(), request),
                                    Verdict.of(lighttpd.address(), request),
                                    Verdict.of(apache.address(), request)
                                };
                                if (differs(own, others)) {
                                    differences.put(name, describe(own, others));
                                }
                            });
        } finally {
            behind.stop(0);
        }
        return differences;
    }

    private static OtherServer other(OtherServer.Kind kind, Tree tree, HttpServer behind) {
        return new OtherServer(kind, tree.root(), behind.getAddress().getPort());
    }

    private static boolean differs(Verdict own, Verdict... others) {
        int count = 0;
        for (Verdict other : others) {
            count += other.accepted() == own.accepted() ? 0 : 1;
        }
        return count >= 2;
    }

    private static String describe(Verdict own, Verdict... others) {
        return "%s: Caffeine %s, nginx %s, lighttpd %s, Apache %s"
                .formatted(
                        own.accepted() == 0 ? "refused" : "accepted",
                        own,
                        others[0],
                        others[1],
                        others[2]);
    }

    private static Tree tree() {
        Tree tree = new Tree();
        tree.sh("cgi-bin/echo", "cat >/dev/null\n" + Scripts.CGI_HEAD + "echo hello\n");
        return tree.openToAll();
    }

    /** Answers everything that nginx passes on. */
    private static HttpServer behind() throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        exchange.getRequestBody().readAllBytes();
                        byte[] content = "hello\n".getBytes(StandardCharsets.ISO_8859_1);
                        exchange.sendResponseHeaders(200, content.length);
                        exchange.getResponseBody().write(content);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        return server;
    }
}

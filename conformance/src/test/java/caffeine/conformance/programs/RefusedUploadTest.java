package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Run.Outcome;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * Uploads that are refused before they are read: the client, which mostly sends all of it before it
 * reads anything, sees the status, and no broken pipe.
 */
@ParameterizedClass
@MethodSource("caffeine.conformance.harness.EngineKind#some")
@TestInstance(Lifecycle.PER_CLASS)
class RefusedUploadTest {

    private static final boolean FULL = Boolean.getBoolean("caffeine.full");
    private static final int TIMES = FULL ? 50 : 1;
    private static final int PUSHED_BYTES = 20 << 20;
    private static final int[] MEBIBYTES = FULL ? new int[] {1, 12, 40} : new int[] {1, 12};
    private static final String HTTP = "HTTP/1.1 ";

    /** Other people's clients. */
    enum Client {
        /** Sends everything, then reads; what it is built on, such as requests, does the same. */
        PYTHON("python3", "python3") {
            @Override
            List<String> statuses(String url, Path body) {
                return python(url, body, "open(sys.argv[2], 'rb')");
            }
        },
        PYTHON_AT_ONCE("python3", "python3") {
            @Override
            List<String> statuses(String url, Path body) {
                return python(url, body, "open(sys.argv[2], 'rb').read()");
            }
        },
        PYTHON_CHUNKED("python3", "python3") {
            @Override
            List<String> statuses(String url, Path body) {
                return python(
                        url, body, "iter(lambda f=open(sys.argv[2], 'rb'): f.read(65536), b'')");
            }
        },
        WGET("wget", "wget") {
            @Override
            List<String> statuses(String url, Path body) {
                List<String> command =
                        new ArrayList<>(List.of("wget", "-S", "-t", "1", "-O", "/dev/null"));
                command.add("--post-file=" + body);
                command.addAll(Collections.nCopies(TIMES, url));
                return Pattern.compile(HTTP + "(\\d+)")
                        .matcher(Run.of(command).with("LC_ALL", "C").outcome().err())
                        .results()
                        .map(found -> found.group(1))
                        .toList();
            }
        },
        CURL("curl", "curl") {
            @Override
            List<String> statuses(String url, Path body) {
                return curl(url, body, "Expect:");
            }
        },
        CURL_EXPECTING("curl", "curl") {
            @Override
            List<String> statuses(String url, Path body) {
                return curl(url, body, "Expect: 100-continue");
            }
        },
        CURL_CHUNKED("curl", "curl") {
            @Override
            List<String> statuses(String url, Path body) {
                List<String> command = curl("-X", "POST", "-H", "Transfer-Encoding: chunked");
                command.addAll(List.of("-H", "Expect:"));
                for (int i = 0; i < TIMES; i++) {
                    command.addAll(List.of("-T", body.toString(), url));
                }
                return Run.of(command).outcome().err().lines().toList();
            }
        },
        NODE("node", "nodejs") {
            @Override
            List<String> statuses(String url, Path body) {
                String script =
                        """
                        const [url, file, times] = process.argv.slice(1);
                        const body = require('fs').readFileSync(file);
                        const ask = () => new Promise(done => {
                          const q = require('http').request(url, {method: 'POST'}, r => {
                            r.resume().on('end', () => done(r.statusCode));
                          });
                          q.on('error', e => done(e.code));
                          q.setHeader('Content-Length', body.length);
                          q.end(body);
                        });
                        (async () => { for (let i = 0; i < times; i++) console.log(await ask()); })();
                        """;
                return Run.of("node", "-e", script, url, body.toString(), "" + TIMES)
                        .output()
                        .lines()
                        .toList();
            }
        },
        JAVA("sh", "dash") { // it runs here
            @Override
            List<String> statuses(String url, Path body) {
                List<String> statuses = new ArrayList<>();
                try (HttpClient client =
                        HttpClient.newBuilder().version(Version.HTTP_1_1).build()) {
                    HttpRequest request =
                            HttpRequest.newBuilder(URI.create(url))
                                    .POST(BodyPublishers.ofByteArray(Files.readAllBytes(body)))
                                    .build();
                    while (statuses.size() < TIMES) {
                        statuses.add(
                                "" + client.send(request, BodyHandlers.ofString()).statusCode());
                    }
                } catch (IOException e) {
                    statuses.add(e.toString());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    statuses.add(e.toString());
                }
                return statuses;
            }
        };

        private final String program;
        private final String debianPackage;

        Client(String program, String debianPackage) {
            this.program = program;
            this.debianPackage = debianPackage;
        }

        /** Skips the test where it is not installed. */
        void isNeeded() {
            Run.needs(program, debianPackage);
        }

        /** Uploads so many times, and says what became of each. */
        abstract List<String> statuses(String url, Path body);

        private static List<String> python(String url, Path body, String content) {
            String script =
                    """
                    import http.client, os, sys
                    from urllib.parse import urlsplit
                    url = urlsplit(sys.argv[1])
                    for i in range(int(sys.argv[3])):
                        c = http.client.HTTPConnection(url.netloc, timeout=120)
                        try:
                            c.request('POST', url.path, body=CONTENT)
                            print(c.getresponse().status)
                        except Exception as e:
                            print(repr(e))
                        c.close()
                    """
                            .replace("CONTENT", content);
            return Run.of("python3", "-c", script, url, body.toString(), "" + TIMES)
                    .output()
                    .lines()
                    .toList();
        }

        private static List<String> curl(String... arguments) {
            List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "120"));
            command.addAll(List.of("-w", "%{stderr}%{http_code}\n"));
            command.addAll(List.of(arguments));
            return command;
        }

        private static List<String> curl(String url, Path body, String field) {
            List<String> command = curl("--data-binary", "@" + body, "-H", field);
            command.addAll(Collections.nCopies(TIMES, url));
            return Run.of(command).outcome().err().lines().toList();
        }
    }

    private static final Map<String, String> REFUSED =
            Map.of("/missing", "404", "/page.txt", "403", "/a%00b", "400");

    private static final Tree TREE = new Tree();

    @Parameter EngineKind engine = EngineKind.PREFORK;
    private @Nullable Server server;

    /** One whose limit is below all that is sent. */
    private @Nullable Server strict;

    @BeforeAll
    void start() {
        TREE.sh("cgi-bin/git", "exec git http-backend\n");
        TREE.file("page.txt", "not to be run\n", "rw-r--r--");
        server = Server.of(TREE.root(), engine).options("--max-body=1g").start();
        strict =
                Server.of(TREE.root(), engine)
                        .options("--max-body=64k", "--pass-env=GIT_PROJECT_ROOT")
                        .options("--pass-env=GIT_HTTP_EXPORT_ALL")
                        .with("GIT_PROJECT_ROOT", TREE.resolve("repositories").toString())
                        .with("GIT_HTTP_EXPORT_ALL", "1")
                        .start();
    }

    @AfterAll
    void stop() {
        try (Server first = Objects.requireNonNull(server);
                Server second = Objects.requireNonNull(strict)) {
            first.stop();
            second.stop();
        }
    }

    @AfterAll
    static void remove() {
        TREE.close();
    }

    @ParameterizedTest
    @EnumSource
    void showsItsStatus(Client client) {
        client.isNeeded();
        for (int mebibytes : MEBIBYTES) {
            Path body = body(mebibytes);
            REFUSED.forEach(
                    (target, status) -> assertSeen(client, url(server, target), status, body));
            assertSeen(client, url(strict, "/cgi-bin/git"), "413", body);
        }
    }

    private static String url(@Nullable Server server, String target) {
        return Objects.requireNonNull(server).url(target);
    }

    private static void assertSeen(Client client, String url, String status, Path body) {
        assertThat(client.statuses(url, body))
                .as("%s to %s: %s", body, url, status)
                .hasSize(TIMES)
                .containsOnly(status);
    }

    /** A file that takes no room on the disk. */
    private static Path body(int mebibytes) {
        Path file = TREE.resolve("body-" + mebibytes);
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength((long) mebibytes << 20);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    @Test
    void isWhatGitPushTells() throws IOException {
        Run.needs("git", "git");
        Path bare = TREE.resolve("repositories/" + engine + ".git");
        git(TREE.root(), "init", "-q", "--bare", "-b", "main", bare.toString());
        git(bare, "config", "http.receivepack", "true");
        Path clone = TREE.resolve("clone-" + engine);
        git(TREE.root(), "init", "-q", "-b", "main", clone.toString());
        byte[] noise = new byte[PUSHED_BYTES];
        new Random(1).nextBytes(noise);
        Files.write(clone.resolve("noise"), noise);
        git(clone, "add", "noise");
        git(clone, "commit", "-q", "-m", "More than the server takes");
        String url = url(strict, "/cgi-bin/git/" + engine + ".git");
        for (int i = 0; i < TIMES; i++) {
            Outcome push = Git.run(TREE, clone, "push", "-q", url, "main").outcome();
            assertThat(push.exit()).isNotZero();
            assertThat(push.err()).contains("HTTP 413");
        }
    }

    private static void git(Path directory, String... arguments) {
        assertThat(Git.run(TREE, directory, arguments).output()).isEmpty();
    }
}

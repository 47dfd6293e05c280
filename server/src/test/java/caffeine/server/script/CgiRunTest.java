package caffeine.server.script;

import static caffeine.server.script.ScriptBench.get;
import static caffeine.server.script.ScriptBench.request;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.testing.BenchClient;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.Random;

/** Scripts that speak CGI/1.1 as they should. */
@ExtendWith(NoLeaks.class)
class CgiRunTest {

    @TempDir Path folder = Path.of("");

    private ScriptBench scripts = new ScriptBench(Path.of("/"));

    @BeforeEach
    void open() {
        scripts.close();
        scripts = new ScriptBench(folder);
    }

    @AfterEach
    void close() {
        scripts.close();
    }

    @Nested
    class Rfc3875Section6_2_Responses {
        @Test
        void aDocument() {
            String path = scripts.saying("hello", "Content-Type: text/plain\nX-A: b\n\nhello");
            Reply reply = scripts.ask(path);
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.head()).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(reply.field("Content-Type")).isEqualTo("text/plain");
            assertThat(reply.field("X-A")).isEqualTo("b");
            assertThat(reply.field("Date")).isNotEmpty();
            assertThat(reply.text()).isEqualTo("hello\n");
            assertThat(scripts.events.ends).containsExactly("/cgi-bin/hello: exit 0");
            assertThat(scripts.events.exchanges).containsExactly("GET /cgi-bin/hello 1 200 6");
        }

        @Test
        void oneAfterTheOtherOnAConnection() {
            String path = scripts.saying("hello", "Content-Type: text/plain\n\nhello");
            BenchClient client = scripts.connect();
            for (int i = 0; i < 3; i++) {
                assertThat(client.ask(get(path)).text()).isEqualTo("hello\n");
            }
            client.send(get(path) + get(path));
            assertThat(client.reply().text()).isEqualTo("hello\n");
            assertThat(client.reply().text()).isEqualTo("hello\n");
        }

        @Test
        void aStatusOfItsOwn() {
            String path = scripts.saying("gone", "Status: 404 Not Here\n\nsorry");
            Reply reply = scripts.ask(path);
            assertThat(reply.head()).startsWith("HTTP/1.1 404 Not Here\r\n");
            assertThat(reply.field("Status")).isEmpty();
            assertThat(reply.text()).isEqualTo("sorry\n");
        }

        @Test
        void aRedirectOfTheClient() {
            Reply reply = scripts.ask(scripts.saying("go", "Location: http://b.test/x\n"));
            assertThat(reply.status()).isEqualTo(302);
            assertThat(reply.field("Location")).isEqualTo("http://b.test/x");
            assertThat(reply.field("Content-Length")).isEqualTo("0");
        }

        @Test
        void oneWithoutContent() {
            BenchClient client = scripts.connect();
            String path = scripts.saying("none", "Status: 204\n\nnot to be sent");
            assertThat(client.ask(get(path)).content()).isEmpty();
            String next = scripts.saying("hello", "Content-Type: text/plain\n\nhello");
            assertThat(client.ask(get(next)).text()).isEqualTo("hello\n");
        }

        @Test
        void withADeclaredLength() {
            String path =
                    scripts.printing("five", "Content-Length: 5\\nContent-Type: a/b\\n\\nhello");
            Reply reply = scripts.ask(path);
            assertThat(reply.field("Content-Length")).isEqualTo("5");
            assertThat(reply.field("Transfer-Encoding")).isEmpty();
            assertThat(reply.text()).isEqualTo("hello");
        }

        @Test
        void toHeadHasNoContent() {
            String path = scripts.saying("hello", "Content-Type: text/plain\n\nhello");
            BenchClient client = scripts.connect();
            client.send(request("HEAD " + path + " HTTP/1.1") + get(path));
            String both = client.receive(1);
            client.send(request("GET " + path + " HTTP/1.1", "Connection: close"));
            both += client.untilEnd();
            assertThat(both.split("HTTP/1.1 200 OK", -1)).hasSize(4);
            assertThat(both.indexOf("hello")).isGreaterThan(both.indexOf("HTTP/1.1", 20));
        }

        @Test
        void toHttp10HaveALengthWhenTheyAreSmall() {
            String path = scripts.saying("hello", "Content-Type: text/plain\n\nhello");
            BenchClient client = scripts.connect();
            for (int i = 0; i < 2; i++) {
                Reply reply =
                        client.ask("GET " + path + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
                assertThat(reply.field("Content-Length")).isEqualTo("6");
                assertThat(reply.field("Connection")).isEqualTo("keep-alive");
                assertThat(reply.text()).isEqualTo("hello\n");
            }
            client.send("GET " + path + " HTTP/1.0\r\n\r\n");
            assertThat(client.untilEnd())
                    .doesNotContain("chunked", "Content-Length")
                    .endsWith("\r\n\r\nhello\n");
        }

        @Test
        void toHttp10EndWithTheConnectionWhenTheyAreLarge() {
            String path =
                    scripts.cgi(
                            "large",
                            "echo 'Content-Type: a/b'",
                            "echo",
                            "head -c 200000 /dev/zero");
            BenchClient client = scripts.connect();
            client.send("GET " + path + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            Reply reply = client.reply();
            assertThat(reply.closes()).isTrue();
            assertThat(reply.content()).hasSize(200_000);
            assertThat(client.isReset()).isFalse();
        }

        @Test
        void ofManyMegabytesReachASlowClientWhileMemoryStaysBounded() {
            String path =
                    scripts.cgi(
                            "large",
                            "echo 'Content-Type: a/b'",
                            "echo",
                            "head -c 20000000 /dev/zero");
            BenchClient client = scripts.bench.connect(16 * 1024);
            client.send(get(path, "Connection: close"));
            scripts.bench.until(
                    "all is received",
                    () -> {
                        assertThat(client.transport().unsentBytes()).isLessThan(400_000);
                        client.receiveSome(64 * 1024);
                        return client.isOver();
                    });
            Reply reply = client.reply();
            assertThat(reply.content()).hasSize(20_000_000);
        }
    }

    @Nested
    class Rfc3875Section5_NonParsedHeaders {
        @Test
        void byTheirName() {
            String path = scripts.printing("nph-x", "HTTP/1.0 299 Mine\\r\\nA: b\\r\\n\\r\\nhi");
            BenchClient client = scripts.connect();
            client.send(get(path) + get("/never"));
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.0 299 Mine\r\nA: b\r\n\r\nhi");
            assertThat(scripts.events.exchanges).containsExactly("GET " + path + " 1 299 29");
        }

        @Test
        void byTheirFirstLine() {
            String path = scripts.printing("x", "HTTP/1.1 200 OK\\r\\nA: b\\r\\n\\r\\nhi");
            BenchClient client = scripts.connect();
            client.send(get(path));
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhi");
        }
    }

    @Nested
    class Rfc3875Section6_2_2_LocalRedirects {
        @Test
        void areAnsweredByAnotherScript() {
            String to =
                    scripts.cgi(
                            "to",
                            "printf 'Content-Type: text/plain\\n\\n'",
                            "echo \"$REQUEST_METHOD $QUERY_STRING $PATH_INFO $CONTENT_LENGTH.\"",
                            "wc -c");
            String from = scripts.saying("from", "Location: " + to + "/more?a=b\n");
            BenchClient client = scripts.connect();
            client.send(request("POST " + from + " HTTP/1.1", "Content-Length: 5") + "hello");
            assertThat(client.reply().text()).isEqualTo("GET a=b /more .\n0\n");
            assertThat(client.ask(get(to)).text()).isEqualTo("GET   .\n0\n");
        }

        @Test
        void ofHeadStayHead() {
            String to =
                    scripts.cgi("to", "printf \"X-Method: $REQUEST_METHOD\\nStatus: 200\\n\\nx\"");
            String from = scripts.saying("from", "Location: " + to + "\n");
            BenchClient client = scripts.connect();
            client.send(request("HEAD " + from + " HTTP/1.1", "Connection: close"));
            assertThat(client.untilEnd()).contains("X-Method: HEAD\r\n").endsWith("\r\n\r\n");
        }

        @Test
        void toThemselvesEndIn500() {
            String path = scripts.printing("loop", "Location: /cgi-bin/loop\\n\\n");
            BenchClient client = scripts.connect();
            assertThat(client.ask(get(path)).status()).isEqualTo(500);
            assertThat(scripts.events.ends).as("runs").hasSize(11);
            assertThat(scripts.events.failures).hasSize(1);
            assertThat(client.ask(get(path)).status()).as("again").isEqualTo(500);
        }

        @ParameterizedTest
        @ValueSource(strings = {"/nowhere", "/cgi-bin", "/.hidden"})
        void toNothingAre404(String target) {
            String path = scripts.printing("from", "Location: " + target + "\\n\\n");
            assertThat(scripts.ask(path).status()).isEqualTo(404);
        }

        @Test
        void mayLeadToADirectScript() {
            String to = scripts.direct("to", "printf 'HTTP/1.1 200 OK\\r\\n\\r\\ndirect'");
            String from = scripts.saying("from", "Location: " + to + "\n");
            BenchClient client = scripts.connect();
            client.send(get(from));
            assertThat(client.untilEnd()).isEqualTo("HTTP/1.1 200 OK\r\n\r\ndirect");
        }
    }

    @Nested
    class Rfc3875Section4_2_Content {
        private final String echo =
                "printf 'Content-Type: a/b\\nX-Length: %s\\n\\n' \"$CONTENT_LENGTH\"";

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 1000, 1 << 20, (1 << 20) + 1, 5_000_000})
        void reachesTheScript(int length) {
            byte[] content = new byte[length];
            new Random(length).nextBytes(content);
            String path = scripts.cgi("echo", echo, "cat");
            BenchClient client = scripts.connect();
            client.send(request("POST " + path + " HTTP/1.1", "Content-Length: " + length));
            client.send(content);
            Reply reply = client.reply();
            assertThat(reply.content()).isEqualTo(content);
            assertThat(reply.field("X-Length")).isEqualTo("" + length);
        }

        @Test
        void thatWasChunkedHasALengthToo() {
            String path = scripts.cgi("echo", echo, "cat");
            BenchClient client = scripts.connect();
            client.send(request("PUT " + path + " HTTP/1.1", "Transfer-Encoding: chunked"));
            client.send("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
            Reply reply = client.reply();
            assertThat(reply.text()).isEqualTo("abcdefg");
            assertThat(reply.field("X-Length")).isEqualTo("7");
        }

        @Test
        void thereIsNoneWithoutIt() {
            String path = scripts.cgi("echo", echo, "cat");
            Reply reply = scripts.ask(path);
            assertThat(reply.field("X-Length")).isEmpty();
            assertThat(reply.content()).isEmpty();
        }
    }

    @Nested
    class Processes {
        @Test
        void getNothingButTheirThreeDescriptors() {
            String path =
                    scripts.cgi(
                            "fds",
                            "printf 'Content-Type: text/plain\\n\\n'",
                            "exec ls /proc/self/fd"); // it opens this folder as 3
            for (int i = 0; i < 5; i++) {
                scripts.connect();
            }
            assertThat(scripts.ask(path).text()).isEqualTo("0\n1\n2\n3\n");
        }

        @Test
        void workInTheirOwnFolderAndLeadTheirOwnGroup() {
            String path =
                    scripts.cgi(
                            "where",
                            "printf 'Content-Type: text/plain\\n\\n'",
                            "pwd",
                            "[ $(ps -o pgid= -p $$) = $$ ] && echo leader");
            assertThat(scripts.ask(path).text())
                    .isEqualTo(folder.resolve("cgi-bin") + "\nleader\n");
        }

        @Test
        void seeTheMetaVariablesAndNoOthers() {
            String path = scripts.cgi("env", "printf 'Content-Type: text/plain\\n\\n'", "env");
            BenchClient client = scripts.connect();
            Reply reply = client.ask(get(path + "/info?q=1", "Proxy: x", "X-Y: z", "X_Y: no"));
            assertThat(reply.text().lines())
                    .contains(
                            "GATEWAY_INTERFACE=CGI/1.1",
                            "SCRIPT_NAME=/cgi-bin/env",
                            "SCRIPT_FILENAME=" + folder.resolve("cgi-bin/env"),
                            "PATH_INFO=/info",
                            "QUERY_STRING=q=1",
                            "SERVER_NAME=a.test",
                            "SERVER_PORT=" + scripts.bench.port(),
                            "REMOTE_ADDR=127.0.0.1",
                            "HTTP_X_Y=z")
                    .noneMatch(line -> line.startsWith("HTTP_PROXY") || line.contains("JAVA"))
                    .noneMatch(line -> line.startsWith("HOME="));
        }

        @Test
        void runBesideEachOther() {
            String slow =
                    scripts.cgi("slow", scripts.waitFor("go"), "printf 'Status: 200\\n\\nslow'");
            String quick = scripts.printing("quick", "Status: 200\\n\\nquick");
            BenchClient first = scripts.connect();
            first.send(get(slow));
            for (int i = 0; i < 5; i++) {
                assertThat(scripts.ask(quick).text()).isEqualTo("quick");
            }
            scripts.let("go");
            assertThat(first.reply().text()).isEqualTo("slow");
        }
    }
}

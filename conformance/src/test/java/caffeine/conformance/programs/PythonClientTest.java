package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Python's {@code http.client} over one kept-alive connection. */
class PythonClientTest {

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        TREE.sh(
                "cgi-bin/echo",
                """
                printf 'Content-Type: text/plain\\n\\n%s %s ' "$REQUEST_METHOD" "$QUERY_STRING"
                cat
                """);
    }

    @Test
    void makesManyExchangesOnOneConnection() {
        Run.needs("python3", "python3");
        String client =
                """
                import http.client, sys
                c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=60)
                ports = set()

                def ask(method, target, **more):
                    c.request(method, target, **more)
                    ports.add(c.sock.getsockname()[1])
                    r = c.getresponse()
                    return r.status, r.read()

                for i in range(40):
                    assert ask('GET', f'/cgi-bin/echo?{i}') == (200, b'GET %d ' % i)
                    assert ask('POST', '/cgi-bin/echo', body=b'x' * i * 999) == (
                        200, b'POST  ' + b'x' * i * 999)
                    assert ask('PUT', '/cgi-bin/echo', body=iter([b'a', b'bc']),
                               encode_chunked=True) == (200, b'PUT  abc')
                    assert ask('HEAD', '/cgi-bin/echo') == (200, b'')
                    assert ask('GET', '/missing')[0] == 404
                print(len(ports))
                """;

        String port = Integer.toString(LEAKS.server().port());
        assertThat(Run.of("python3", "-c", client, port).output()).isEqualTo("1\n");
    }
}

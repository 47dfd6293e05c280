package caffeine.conformance.command;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.EngineKind;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Scripts;
import caffeine.conformance.harness.Server;
import caffeine.conformance.harness.Tree;
import caffeine.conformance.harness.Wire;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whose word on the client is taken, and what it changes. */
class TrustedProxyTest {

    private static final Tree TREE = new Tree();
    private static final String HTTPS = "X-Forwarded-Proto: https";

    static {
        TREE.sh(
                "cgi-bin/who",
                Scripts.CGI_HEAD
                        + "echo \"$REMOTE_ADDR $REMOTE_HOST $REMOTE_PORT $SERVER_PORT"
                        + " ${HTTPS-off}\"\n");
    }

    @AfterAll
    static void clean() {
        TREE.close();
    }

    private static String who(Server server, String... fieldLines) {
        return server.exchange(Requests.get("/cgi-bin/who", fieldLines)).text().strip();
    }

    @ParameterizedTest
    @MethodSource("caffeine.conformance.harness.EngineKind#some")
    void aTrustedProxySaysWhoTheClientIs(EngineKind engine) {
        Server.Builder builder =
                Server.of(TREE.root(), engine)
                        .options("--trusted-proxy", "127.0.0.1,10.0.0.0/8")
                        .options("--trusted-proxy=2001:db8::/32");
        try (Server server = builder.start()) {
            assertThat(who(server, "X-Forwarded-For: 192.0.2.7, 10.1.1.1", HTTPS))
                    .isEqualTo("192.0.2.7 192.0.2.7 0 443 on");
            server.log().await("192\\.0\\.2\\.7 \"GET /cgi-bin/who HTTP/1\\.1\" 200 .*");
            assertThat(who(server, "X-Forwarded-For: [2001:DB9::1]:4711", "X-Forwarded-Port: 8443"))
                    .isEqualTo("2001:db9::1 2001:db9::1 4711 8443 off");
            assertThat(who(server, "X-Forwarded-Proto: http")).endsWith(" 80 off");
            assertThat(who(server, HTTPS, "X-Forwarded-Host: evil.example:1"))
                    .startsWith("127.0.0.1 127.0.0.1 ")
                    .endsWith(" 443 on");
            String withPort = "GET /cgi-bin/who HTTP/1.1\r\nHost: example.com:8443\r\n";
            assertThat(server.exchange(withPort + HTTPS + "\r\n\r\n").text())
                    .endsWith(" 8443 on\n");
            assertThat(who(server)).endsWith(" " + server.port() + " off");
            server.stop();
        }
    }

    @Test
    void oneConnectionHasAClientForEachRequest() {
        try (Server server =
                        Server.of(TREE.root()).options("--trusted-proxy", "127.0.0.1").start();
                Wire wire = server.open()) {
            for (String client : new String[] {"192.0.2.1", "192.0.2.2"}) {
                wire.send(Requests.get("/cgi-bin/who", "X-Forwarded-For: " + client));
                assertThat(wire.response().text()).startsWith(client + " ");
            }
            wire.send(Requests.get("/cgi-bin/who"));
            assertThat(wire.response().text()).startsWith("127.0.0.1 ");
        }
    }

    @Test
    void whatItSaysMustBeUnderstood() {
        try (Server server =
                Server.of(TREE.root()).options("--trusted-proxy", "127.0.0.1").start()) {
            for (String line :
                    new String[] {
                        "X-Forwarded-For: unknown",
                        "X-Forwarded-For:",
                        "X-Forwarded-Port: 0",
                        "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http"
                    }) {
                assertThat(server.exchange(Requests.get("/cgi-bin/who", line)).status())
                        .as(line)
                        .isEqualTo(400);
            }
            String post = Requests.post("/cgi-bin/who", "content", "X-Forwarded-For: x");
            assertThat(server.exchange(post).status()).isEqualTo(400);
        }
    }

    @Test
    void fromOthersItHasNoEffect() {
        Server.Builder[] builders = {
            Server.of(TREE.root()),
            Server.of(TREE.root()).options("--trusted-proxy", "10.0.0.0/8,::1,unix:")
        };
        for (Server.Builder builder : builders) {
            try (Server server = builder.start()) {
                String[] lines = {"X-Forwarded-For: 192.0.2.7", HTTPS, "X-Forwarded-Port: 1"};
                assertThat(who(server, lines))
                        .startsWith("127.0.0.1 127.0.0.1 ")
                        .endsWith(" " + server.port() + " off");
                assertThat(who(server, "X-Forwarded-For: \"")).startsWith("127.0.0.1 ");
            }
        }
    }

    @Test
    void whoConnectsToAUnixSocketIsTrustedByName() {
        String socket = "unix:" + TREE.resolve("web.sock");
        String[] options = {"--path", TREE.root().toString(), "--bind", socket, "-w", "1"};
        try (Server server = Server.with(options).options("--trusted-proxy", "unix:").start()) {
            assertThat(who(server, "X-Forwarded-For: 192.0.2.7, unix:", HTTPS))
                    .isEqualTo("192.0.2.7 192.0.2.7 0 443 on");
        }
        try (Server server = Server.with(options).options("--trusted-proxy", "::/0").start()) {
            assertThat(who(server, "X-Forwarded-For: 192.0.2.7", HTTPS))
                    .isEqualTo("unix: unix: 0 80 off");
        }
    }

    @Test
    void refusesWhatIsNoNetwork() {
        Run.Outcome outcome = Server.with("--trusted-proxy", "10.0.0.0/8,10.0.0.1/8").run();
        assertThat(outcome.exit()).isEqualTo(2);
        assertThat(outcome.err())
                .isEqualTo(
                        "caffeine: --trusted-proxy: \"10.0.0.1/8\" names no network; give an"
                                + " address or a range without bits behind its prefix, as in"
                                + " 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, or unix:\n");
    }
}

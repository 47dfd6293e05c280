package caffeine.server.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.http.forwarded.TrustedProxies;
import caffeine.server.options.NetworkOptions;
import caffeine.server.options.ServerLimits;
import caffeine.server.options.ServerOptions;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Reply;
import caffeine.server.testing.Until;
import caffeine.server.testing.WireClient;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Servers that listen at several addresses, on any engine. */
@ParameterizedClass
@MethodSource("caffeine.server.engine.EngineUnderTest#all")
@ExtendWith(NoLeaks.class)
class EngineAddressesTest {

    private static final InetAddress V4 = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress V6 = InetAddress.ofLiteral("::1");
    private static final InetAddress ALL_V4 = InetAddress.ofLiteral("0.0.0.0");
    private static final InetAddress ALL_V6 = InetAddress.ofLiteral("::");

    /** Without Host: SERVER_NAME is the address where the client has connected then. */
    private static final String WHO = "GET /cgi-bin/who HTTP/1.0\r\nConnection: keep-alive\r\n";

    @Parameter EngineUnderTest kind = EngineUnderTest.all().getFirst();

    @TempDir Path folder = Path.of("");

    @BeforeEach
    void hasIpv6() {
        try (ServerSocket probe = new ServerSocket(0, 1, V6)) {
            assumeTrue(probe.isBound());
        } catch (IOException e) {
            assumeTrue(false, "this machine has no IPv6 loopback address: " + e.getMessage());
        }
    }

    private static InetSocketAddress at(InetAddress address) {
        return new InetSocketAddress(address, 0);
    }

    private ServerOptions options(SocketAddress... addresses) {
        return new EngineFolder(folder).options().withAddresses(List.of(addresses));
    }

    private static List<Integer> ports(Engine engine) throws StartException {
        List<Integer> ports = new ArrayList<>();
        for (SocketAddress address : engine.start()) {
            ports.add(address instanceof InetSocketAddress inet ? inet.getPort() : 0);
        }
        return ports;
    }

    /** Runs a server, and ends it. */
    private void with(ServerOptions options, Use use) throws Exception {
        try (RunningEngine running = kind.start(options)) {
            use.of(running, running.address().getPort());
        }
    }

    private interface Use {
        void of(RunningEngine running, int port) throws Exception;
    }

    private static Reply ask(InetAddress address, int port, String... fields) {
        try (WireClient client = new WireClient(new InetSocketAddress(address, port))) {
            StringBuilder request = new StringBuilder(WHO);
            for (String field : fields) {
                request.append(field).append("\r\n");
            }
            return client.ask(request.append("\r\n").toString());
        }
    }

    private static boolean isRefused(InetAddress address, int port) {
        try (Socket socket = new Socket(address, port)) {
            return !socket.isConnected();
        } catch (IOException _) {
            return true;
        }
    }

    @Test
    void bothAddressesAnswerAtOnePort() throws Exception {
        with(
                options(at(V4), at(V6)),
                (running, port) -> {
                    assertThat(running.addresses())
                            .containsExactly(
                                    new InetSocketAddress(V4, port),
                                    new InetSocketAddress(V6, port));
                    for (int i = 0; i < 5; i++) { // so that each thread has one
                        assertThat(ask(V4, port).text())
                                .isEqualTo("127.0.0.1 127.0.0.1 " + port + "\n");
                        assertThat(ask(V6, port).text()).isEqualTo("::1 [::1] " + port + "\n");
                    }
                });
    }

    @Test
    void allOfIpv6IsIpv4Too() throws Exception {
        with(
                options(at(ALL_V6)),
                (_, port) -> {
                    assertThat(ask(V4, port).text())
                            .isEqualTo("127.0.0.1 127.0.0.1 " + port + "\n");
                    assertThat(ask(V6, port).text()).isEqualTo("::1 [::1] " + port + "\n");
                });
    }

    @Test
    void unlessItIsToBeIpv6Alone() throws Exception {
        ServerOptions dual = options(at(ALL_V6));
        with(
                dual.withNetwork(dual.network().withV6Only(true)),
                (_, port) -> {
                    assertThat(isRefused(V4, port)).isTrue();
                    assertThat(ask(V6, port).text()).startsWith("::1 ");
                });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void andUnlessAnIpv4AddressIsThere(boolean first) throws Exception {
        with(
                first ? options(at(ALL_V4), at(ALL_V6)) : options(at(ALL_V6), at(ALL_V4)),
                (_, port) -> {
                    assertThat(ask(V4, port).text()).startsWith("127.0.0.1 ");
                    assertThat(ask(V6, port).text()).startsWith("::1 ");
                });
        with(
                options(at(InetAddress.ofLiteral("127.0.0.2")), at(ALL_V6)),
                (_, port) -> {
                    assertThat(isRefused(V4, port)).isTrue();
                    assertThat(ask(V6, port).text()).startsWith("::1 ");
                });
    }

    @Test
    void anIpv4ClientOfASocketForBothIsOneOfIpv4() throws Exception {
        kind.servesSeveralAtOnce();
        ServerOptions dual = options(at(ALL_V6));
        NetworkOptions network = dual.network();
        ServerOptions trusting =
                dual.withNetwork(
                        new NetworkOptions(
                                network.addresses(),
                                false,
                                network.socketMode(),
                                TrustedProxies.of(List.of("127.0.0.0/8")),
                                List.of()));
        with(
                trusting.withLimits(perAddress(1)),
                (_, port) -> {
                    assertThat(ask(V4, port, "X-Forwarded-For: 192.0.2.7").text())
                            .startsWith("192.0.2.7 ");
                    Until.holds("its place is free", () -> ask(V4, port).status() == 200);
                    InetSocketAddress v4 = new InetSocketAddress(V4, port);
                    Until.holds("its place is free", () -> holdsAloneFrom(v4));
                });
    }

    /** Whether a second connection is refused while there is a first. */
    private static boolean holdsAloneFrom(InetSocketAddress server) {
        try (WireClient first = new WireClient(server)) {
            if (first.ask(WHO + "\r\n").status() != 200) {
                return false;
            }
            try (WireClient second = new WireClient(server)) {
                return second.reply().status() == 503;
            }
        }
    }

    private static ServerLimits perAddress(int most) {
        ServerLimits usual = ServerLimits.DEFAULT;
        return new ServerLimits(
                usual.http(),
                usual.connections(),
                most,
                usual.requestsPerConnection(),
                usual.handlers(),
                usual.queue(),
                usual.minimumBytesPerSecond());
    }

    /** Clients without an address are not counted, beside others that are. */
    @Test
    void aUnixDomainSocketBesideThem() throws Exception {
        Path file = folder.resolve("web.sock");
        with(
                options(at(V4), UnixDomainSocketAddress.of(file)).withLimits(perAddress(1)),
                (_, port) -> {
                    assertThat(ask(V4, port).text()).startsWith("127.0.0.1 127.0.0.1 " + port);
                    for (int i = 0; i < 3; i++) {
                        assertThat(askUnix(file)).endsWith("\r\n\r\nunix: localhost 80\n");
                    }
                });
        assertThat(file).doesNotExist();
    }

    private static String askUnix(Path file) {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            String field = "A: " + "a".repeat(3000); // more than a thread reads at first
            client.write(
                    StandardCharsets.US_ASCII.encode(
                            "GET /cgi-bin/who HTTP/1.0\r\n" + field + "\r\n\r\n"));
            ByteBuffer answer = ByteBuffer.allocate(10_000);
            while (client.read(answer) >= 0) {
                // on
            }
            return StandardCharsets.US_ASCII.decode(answer.flip()).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void portsOfTheirOwnAreSeenByScripts() throws Exception {
        int other;
        try (ServerSocket probe = new ServerSocket(0, 1, V6)) {
            other = probe.getLocalPort();
        }
        with(
                options(at(V4), new InetSocketAddress(V6, other)),
                (_, port) -> {
                    assertThat(ask(V4, port).text()).endsWith(" " + port + "\n");
                    assertThat(ask(V6, other).text()).endsWith(" " + other + "\n");
                });
    }

    @Test
    void oneThatFailsLeavesNoneOpenAndIsNamed() throws Exception {
        Path file = folder.resolve("web.sock");
        try (ServerSocket stranger = new ServerSocket(0, 1, V6)) {
            int port = stranger.getLocalPort();
            Engine engine =
                    kind.make(
                            options(
                                    new InetSocketAddress(V4, port),
                                    UnixDomainSocketAddress.of(file),
                                    new InetSocketAddress(V6, port)));
            assertThatThrownBy(engine::start)
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith(
                            "cannot listen on [::1]:" + port + ": the port is in use");
            assertThat(isRefused(V4, port)).isTrue();
            assertThat(file).doesNotExist();
            with(
                    options(new InetSocketAddress(V4, port)),
                    (_, bound) -> assertThat(bound).isEqualTo(port));
        }
    }

    @Test
    void aReloadKeepsAll() throws Exception {
        ServerOptions options = options(at(V4), at(V6));
        with(
                options,
                (running, port) -> {
                    for (int parts : new int[] {3, 1, 2}) {
                        AtomicBoolean done = new AtomicBoolean();
                        running.engine().reload(options, parts, done::set);
                        Until.holds("the reload is done", done::get);
                        for (int i = 0; i < 8; i++) {
                            assertThat(ask(V4, port).text()).startsWith("127.0.0.1 ");
                            assertThat(ask(V6, port).text()).startsWith("::1 ");
                        }
                    }
                });
    }

    @Test
    void aStopClosesAll() throws Exception {
        Engine engine = kind.make(options(at(V4), at(V6)));
        int port = ports(engine).getLast();
        engine.stop();
        engine.awaitEnd();
        assertThat(isRefused(V4, port)).isTrue();
        assertThat(isRefused(V6, port)).isTrue();
    }
}

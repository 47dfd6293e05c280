package caffeine.bench.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class JavaPeerTest {
    @TempDir private Path folder;

    @Test
    void knowsItsVersionByItsJar() {
        String path = "/r/jetty-server/12.1.14/jetty-server-12.1.14.jar:/r/microhttp-0.11.jar";
        assertThat(JavaPeer.versionOf("jetty-server", path)).contains("12.1.14");
        assertThat(JavaPeer.versionOf("microhttp", path)).contains("0.11");
        assertThat(JavaPeer.versionOf("undertow-core", path)).isEmpty();
    }

    @Test
    void isToldPortThreadsAndTransport() throws IOException {
        Files.writeString(folder.resolve("classpath"), "/r/netty-codec-http-4.jar\n");
        JavaPeer peer = new JavaPeer(folder, JavaPeer.Peer.NETTY_URING, 128, List.of("-Xss1m"));
        assertThat(peer.missing()).isEmpty();
        assertThat(peer.description()).isEqualTo("Netty, io_uring 4");
        List<List<String>> commands = peer.prepare(new Setup(folder, folder, 8081, 3, false, 0));
        assertThat(commands).hasSize(1);
        assertThat(commands.getFirst())
                .contains(
                        "-Xmx128m",
                        "-Xss1m",
                        folder.resolve("classes") + ":/r/netty-codec-http-4.jar")
                .endsWith("caffeine.bench.peers.NettyPeer", "8081", "3", "io_uring");
    }
}

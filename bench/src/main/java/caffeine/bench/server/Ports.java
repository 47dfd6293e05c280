package caffeine.bench.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free loopback ports for servers that cannot pick one. Not from the range of which the kernel
 * gives clients their ports: a client that tries to connect until the server is there would at some
 * time connect to itself.
 */
final class Ports {
    private static final Path CLIENT_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final int LOWEST = 10_000;
    private static final int TRIES = 1_000;

    private Ports() {}

    static int free() throws IOException {
        int end = 32_768;
        if (Files.isReadable(CLIENT_RANGE)) {
            int clients =
                    Integer.parseInt(Files.readString(CLIENT_RANGE).strip().split("\\s+", -1)[0]);
            // Who gives nearly all ports to clients has to live with it.
            end = clients > LOWEST ? clients : end;
        }
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, end);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no free port between " + LOWEST + " and " + end);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}

package caffeine.conformance.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Random;

/**
 * A port for a program that cannot be asked which one it got. It is none that the kernel gives away
 * by itself: any client that runs at the same time could have one of those in the next moment.
 */
public final class FreePort {

    private static final int LEAST = 10_000;

    /** Below what {@code net.ipv4.ip_local_port_range} begins with everywhere (man 7 ip). */
    private static final int ABOVE = 32_000;

    private static final Random RANDOM = new Random();

    private FreePort() {}

    /** One that nobody listens on at 127.0.0.1. */
    public static int any() {
        return between(LEAST, ABOVE);
    }

    /** One that only root may listen on. */
    public static int privileged() {
        return between(200, 1000);
    }

    private static int between(int least, int above) {
        while (true) {
            int port = RANDOM.nextInt(least, above);
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException _) {
                // In use: another one.
            }
        }
    }
}

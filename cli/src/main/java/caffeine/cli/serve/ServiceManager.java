package caffeine.cli.serve;

import caffeine.cli.options.Text;
import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.engine.Engine;

import java.lang.foreign.MemorySegment;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The service manager that started this process, as systemd does: it receives the state of the
 * server as datagrams on the socket that NOTIFY_SOCKET names (man 3 sd_notify). Without a service
 * manager, all of this does nothing. A failed message is dropped: the server goes on.
 *
 * <p>All methods may be called on any thread.
 */
final class ServiceManager {

    /** The first character of an abstract socket name. */
    private static final String ABSTRACT = "@";

    private final String socket;
    private final long watchdogUsec;

    private ServiceManager(String socket, long watchdogUsec) {
        this.socket = socket;
        this.watchdogUsec = watchdogUsec;
    }

    /** The one of the environment variables. */
    static ServiceManager of(Map<String, String> environment, long pid) {
        String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
        // A watchdog of our parent is not for us (man 3 sd_watchdog_enabled).
        String watched = environment.getOrDefault("WATCHDOG_PID", Long.toString(pid));
        boolean ours = watched.equals(Long.toString(pid));
        return new ServiceManager(
                socket, ours ? number(environment.getOrDefault("WATCHDOG_USEC", "")) : 0);
    }

    /** No service manager. */
    static ServiceManager none() {
        return new ServiceManager("", 0);
    }

    private static long number(String text) {
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    /** It serves; also after a reload, successful or not. */
    void ready(String status) {
        send("READY=1\nSTATUS=" + Text.oneLine(status));
    }

    /** It has begun to read its configuration again, at that time of the monotonic clock. */
    void reloading(long nowNs) {
        send("RELOADING=1\nMONOTONIC_USEC=" + nowNs / 1_000);
    }

    /** It takes no more clients, and ends when those that it has are answered. */
    void stopping() {
        send("STOPPING=1\nSTATUS=shutting down: draining requests");
    }

    /** It is well. */
    void alive() {
        send("WATCHDOG=1");
    }

    /** The interval of these messages in milliseconds, half of the required one; 0: never. */
    long aliveEveryMs() {
        return socket.isEmpty() || watchdogUsec == 0 ? 0 : Math.max(1, watchdogUsec / 2_000);
    }

    /**
     * Sends these messages from now on, if the manager wants them, as long as all threads of the
     * engine respond. Without them, the service manager restarts the server.
     */
    void watch(Engine engine) {
        if (aliveEveryMs() > 0) {
            Thread.ofPlatform().daemon().name("watchdog").start(() -> keepWatching(engine));
        }
    }

    private void keepWatching(Engine engine) {
        try {
            while (true) {
                engine.probe(this::alive);
                Thread.sleep(aliveEveryMs());
            }
        } catch (InterruptedException _) {
            // Never interrupted; the process ends with its other threads.
        }
    }

    private void send(String message) {
        if (!socket.startsWith("/") && !socket.startsWith(ABSTRACT)) {
            return; // None, or one of a kind that systemd gives to virtual machines alone.
        }
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_DGRAM, 0);
        if (fd < 0) {
            return;
        }
        try {
            byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
            ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
            if (connect(fd) >= 0) {
                // Blocking: a full queue is the manager's, and it is quick to empty it.
                long _ = Sockets.send(fd, MemorySegment.ofBuffer(buffer), 0, bytes.length, 0);
            }
        } catch (InvalidPathException _) {
            // As with a socket that is not there.
        } finally {
            Descriptors.close(fd);
        }
    }

    private int connect(int fd) {
        return socket.startsWith(ABSTRACT)
                ? Sockets.connectAbstract(fd, socket.substring(ABSTRACT.length()))
                : Sockets.connect(fd, UnixDomainSocketAddress.of(Path.of(socket)));
    }
}

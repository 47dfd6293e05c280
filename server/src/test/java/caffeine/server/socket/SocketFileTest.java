package caffeine.server.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.http.forwarded.TrustedProxies;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Sockets;
import caffeine.server.core.ClientAddress;
import caffeine.server.engine.StartException;
import caffeine.server.options.NetworkOptions;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

class SocketFileTest {

    @TempDir Path folder;

    private final List<Listener> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(Listener::close);
    }

    private Path path() {
        return folder.resolve("web.sock");
    }

    private Listener listen(int mode) throws StartException {
        Listener listener =
                Listener.open(
                                new NetworkOptions(
                                        UnixDomainSocketAddress.of(path()),
                                        mode,
                                        TrustedProxies.NONE))
                        .getFirst();
        open.add(listener);
        return listener;
    }

    /** A socket file as a server leaves it that is killed. */
    private void abandon() {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0);
        assertThat(Sockets.bind(fd, UnixDomainSocketAddress.of(path()))).isZero();
        assertThat(Sockets.listen(fd, 1)).isZero();
        Descriptors.close(fd);
    }

    private List<String> files() throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void clientsFindTheListener() throws Exception {
        Listener listener = listen(0660);
        assertThat(listener.port()).isZero();
        assertThat(listener.accept()).isEqualTo(Listener.NONE);
        try (SocketChannel client = SocketChannel.open(listener.address())) {
            int fd = listener.accept();
            assertThat(fd).isNotNegative();
            ClientAddress from = Listener.client(listener.peer());
            assertThat(from.host()).isEqualTo("unix:");
            assertThat(from.port()).isZero();
            assertThat(from.isUnix()).isTrue();
            assertThatThrownBy(from::address).isInstanceOf(IllegalStateException.class);
            Descriptors.close(fd);
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void hasItsModeWhateverTheUmask() throws Exception {
        listen(0666);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-rw-rw-");
        open.removeLast().close();
        listen(0641);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-r----x");
        assertThat(files()).containsExactly("web.sock");
    }

    @Test
    void replacesWhatADeadServerLeft() throws Exception {
        abandon();
        Listener listener = listen(0600);
        try (SocketChannel client = SocketChannel.open(listener.address())) {
            assertThat(client.isConnected()).isTrue();
        }
        assertThat(files()).containsExactly("web.sock");
    }

    @Test
    void leavesALivingServerAlone() throws Exception {
        Listener first = listen(0600);
        assertThatThrownBy(() -> listen(0600))
                .isInstanceOf(StartException.class)
                .hasMessage(
                        "cannot listen on unix:"
                                + path()
                                + ": another server listens there; stop it, or name another file");
        try (SocketChannel client = SocketChannel.open(first.address())) {
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void leavesAnyOtherFileAlone() throws Exception {
        Files.writeString(path(), "mine");
        assertThatThrownBy(() -> listen(0600))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("another file is there");
        assertThat(Files.readString(path())).isEqualTo("mine");
        Files.delete(path());
        Files.createSymbolicLink(path(), folder.resolve("nowhere"));
        assertThatThrownBy(() -> listen(0600)).hasMessageContaining("another file is there");
        assertThat(path()).isSymbolicLink();
    }

    @Test
    void saysWhyItCannotBeMade() {
        assertThatThrownBy(() -> SocketFile.make(folder.resolve("no/web"), 0600, _ -> fail()))
                .hasMessageEndingWith("nobody asked");
        assertThatThrownBy(() -> SocketFile.make(folder.resolve("x"), 0600, _ -> -Errno.ENOENT))
                .hasMessageEndingWith("its folder is not there; make it");
        assertThatThrownBy(() -> SocketFile.make(Path.of("/"), 0600, _ -> 0))
                .hasMessageContaining("it is a folder");
        String name = "n".repeat(110);
        UnixDomainSocketAddress tooLong = UnixDomainSocketAddress.of(folder.resolve(name + "/x"));
        assertThatThrownBy(() -> Listener.open(NetworkOptions.of(tooLong)))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("too long for a socket");
    }

    private static int fail() {
        throw new IllegalStateException("nobody asked");
    }

    @Test
    void isGoneAtTheEndButWhoConnectedIsStillAccepted() throws Exception {
        Listener listener = listen(0600);
        try (SocketChannel client = SocketChannel.open(listener.address())) {
            listener.hide();
            assertThat(path()).doesNotExist();
            assertThatThrownBy(() -> SocketChannel.open(listener.address()))
                    .isInstanceOf(IOException.class);
            int fd = listener.accept();
            assertThat(fd).isNotNegative();
            Descriptors.close(fd);
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void doesNotRemoveTheFileOfASuccessor() throws Exception {
        Listener first = listen(0600);
        Files.delete(path());
        Listener second = listen(0600);
        first.hide();
        try (SocketChannel client = SocketChannel.open(second.address())) {
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void severalShareOneSocket() throws Exception {
        List<Listener> group =
                Listener.openGroups(NetworkOptions.of(UnixDomainSocketAddress.of(path())), 3)
                        .getFirst();
        open.addAll(group);
        try (SocketChannel client = SocketChannel.open(group.getFirst().address())) {
            int fd = group.get(2).accept();
            assertThat(fd).isNotNegative();
            assertThat(group.get(1).accept()).isEqualTo(Listener.NONE);
            Descriptors.close(fd);
            assertThat(client.isConnected()).isTrue();
        }
        group.getLast().close();
        assertThat(path()).doesNotExist();
    }

    /** Of many that find the same debris, one listens and the others say that it does. */
    @Test
    void oneOfManyThatStartAtOnceWins() throws Exception {
        abandon();
        try (var threads = Executors.newFixedThreadPool(8)) {
            List<Callable<String>> starts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                starts.add(this::tryToListen);
            }
            List<String> results = new ArrayList<>();
            for (Future<String> each : threads.invokeAll(starts)) {
                results.add(each.get());
            }
            assertThat(results).containsOnlyOnce("listens");
            assertThat(results.stream().filter(text -> text.contains("another server listens")))
                    .hasSize(7);
        }
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
            assertThat(client.isConnected()).isTrue();
        }
    }

    private String tryToListen() {
        try {
            Listener made =
                    Listener.open(NetworkOptions.of(UnixDomainSocketAddress.of(path()))).getFirst();
            synchronized (open) {
                open.add(made);
            }
            return "listens";
        } catch (StartException e) {
            return String.valueOf(e.getMessage());
        }
    }
}

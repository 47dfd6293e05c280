package caffeine.server.prefork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.os.Descriptors;
import caffeine.os.Sockets;
import caffeine.server.engine.StartException;
import caffeine.server.testing.NoLeaks;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;

@ExtendWith(NoLeaks.class)
class ControlSocketTest {

    @TempDir Path parent = Path.of("");

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private List<Path> directories() throws IOException {
        try (var entries = Files.list(parent)) {
            return entries.sorted().toList();
        }
    }

    private static Path directory(ControlSocket socket) {
        return Objects.requireNonNull(socket.path().getParent());
    }

    private static void age(Path path) throws IOException {
        Instant old = Instant.now().minus(Duration.ofMinutes(2));
        Files.setLastModifiedTime(path, FileTime.from(old));
    }

    @Nested
    class Opening {
        @Test
        void listensWhereNobodyElseMayEnter() throws Exception {
            try (ControlSocket socket = ControlSocket.open(parent)) {
                assertThat(mode(directory(socket))).isEqualTo("rwx------");
                assertThat(mode(socket.path())).isEqualTo("rw-------");
                assertThat(directories()).containsExactly(directory(socket));

                int client = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0);
                assertThat(Sockets.connect(client, UnixDomainSocketAddress.of(socket.path())))
                        .isZero();
                int accepted = Sockets.accept4(socket.fd(), 0, null);
                assertThat(accepted).isNotNegative();
                Descriptors.close(accepted);
                Descriptors.close(client);
            }
        }

        @Test
        void saysWhatToDoAboutADirectoryWithTooLongAName() throws Exception {
            Path deep = Files.createDirectory(parent.resolve("x".repeat(120)));
            assertThatThrownBy(() -> ControlSocket.open(deep))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("ENAMETOOLONG")
                    .hasMessageContaining("; set XDG_RUNTIME_DIR to another directory");
            assertThat(deep).isEmptyDirectory();
        }

        @Test
        void leavesNothingBehind() throws Exception {
            ControlSocket.open(parent).close();
            assertThat(directories()).isEmpty();
        }

        @Test
        void goesBesideAnother() throws Exception {
            try (ControlSocket first = ControlSocket.open(parent);
                    ControlSocket second = ControlSocket.open(parent)) {
                assertThat(first.path()).isNotEqualTo(second.path());
                assertThat(directories()).hasSize(2);
            }
            assertThat(directories()).isEmpty();
        }

        @Test
        void neverTakesADirectoryThatIsThere() throws Exception {
            Path squatted = parent.resolve("caffeine-" + ProcessHandle.current().pid() + "-0");
            Files.createDirectory(squatted);
            try (ControlSocket socket = ControlSocket.open(parent)) {
                assertThat(directory(socket)).isNotEqualTo(squatted);
            }
            assertThat(squatted).exists();
        }

        @Test
        void saysWhatToDoAboutAMissingParent() {
            assertThatThrownBy(() -> ControlSocket.open(parent.resolve("nowhere")))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("nowhere")
                    .hasMessageContaining("XDG_RUNTIME_DIR");
        }

        @Test
        void saysWhatIsWrongWithAPathTooLong() throws Exception {
            Path deep = Files.createDirectories(parent.resolve("x".repeat(100)));
            assertThatThrownBy(() -> ControlSocket.open(deep))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("ENAMETOOLONG");
            try (var entries = Files.list(deep)) {
                assertThat(entries).isEmpty();
            }
        }
    }

    @Nested
    class Debris {
        /** What an instance leaves that was killed: nobody listens any more. */
        private Path dead() throws Exception {
            Path directory = Files.createDirectory(parent.resolve("caffeine-1-0"));
            int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0);
            Path path = directory.resolve("control");
            assertThat(Sockets.bind(fd, UnixDomainSocketAddress.of(path))).isZero();
            assertThat(Sockets.listen(fd, 1)).isZero();
            Descriptors.close(fd);
            return directory;
        }

        @Test
        void ofTheDeadIsRemoved() throws Exception {
            Path dead = dead();
            age(dead);
            ControlSocket.open(parent).close();
            assertThat(dead).doesNotExist();
        }

        /** One that ends beside us removes its own while we look. */
        @Test
        void thatVanishesMeanwhileStopsNothing() throws Exception {
            for (int i = 0; i < 300; i++) {
                age(Files.createDirectory(parent.resolve("caffeine-1-" + i)));
            }
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var other = threads.submit(() -> ControlSocket.open(parent));
                ControlSocket.open(parent).close();
                other.get().close();
            }
            assertThat(directories()).isEmpty();
        }

        @Test
        void withoutASocketIsRemoved() throws Exception {
            Path empty = Files.createDirectory(parent.resolve("caffeine-1-0"));
            age(empty);
            ControlSocket.open(parent).close();
            assertThat(empty).doesNotExist();
        }

        @Test
        void thatIsYoungIsKept() throws Exception {
            Path dead = dead();
            Path empty = Files.createDirectory(parent.resolve("caffeine-2-0"));
            ControlSocket.open(parent).close();
            assertThat(dead).exists();
            assertThat(empty).exists();
        }

        @Test
        void isNotWhatSomebodyListensOn() throws Exception {
            try (ControlSocket living = ControlSocket.open(parent)) {
                age(directory(living));
                ControlSocket.open(parent).close();
                assertThat(living.path()).exists();
            }
        }

        @Test
        void isNotWhatHasAnotherNameOrLeadsElsewhere() throws Exception {
            Path other = Files.createDirectory(parent.resolve("coffee-1-0"));
            Path file = Files.createFile(parent.resolve("caffeine-file"));
            Path target = Files.createDirectory(parent.resolve("target"));
            Path link = Files.createSymbolicLink(parent.resolve("caffeine-link"), target);
            age(other);
            age(file);
            age(target);
            ControlSocket.open(parent).close();
            assertThat(other).exists();
            assertThat(file).exists();
            assertThat(target).exists();
            assertThat(link).exists();
            Files.delete(link);
        }

        @Test
        void withOtherFilesInItIsKept() throws Exception {
            Path dead = dead();
            Files.createFile(dead.resolve("precious"));
            age(dead);
            ControlSocket.open(parent).close();
            assertThat(dead.resolve("precious")).exists();
        }

        @Test
        void thatCannotBeRemovedHindersNothingElse() throws Exception {
            Path precious = Files.createDirectory(parent.resolve("caffeine-0-0"));
            Files.createFile(precious.resolve("precious"));
            age(precious);
            Path dead = dead();
            age(dead);
            ControlSocket.open(parent).close();
            assertThat(dead).doesNotExist();
        }
    }
}

package caffeine.server.file;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.server.file.FileTree.Entry;
import caffeine.server.file.FileTree.Folder;
import caffeine.server.file.FileTree.Missing;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Every tree opens what is in its folder, and nothing else. */
class FileTreeTest {

    /** How a tree opens. */
    enum Kind {
        OPENAT2,
        OPENAT,
        JDK;

        FileTree open(Path root) throws IOException {
            return switch (this) {
                case OPENAT2 -> new KernelTree(ServedFolder.open(root, true));
                case OPENAT -> new KernelTree(ServedFolder.open(root, false));
                case JDK -> new PortableTree(root);
            };
        }
    }

    @TempDir Path parent;
    private Path root = Path.of("");

    @BeforeEach
    void makeTree() throws IOException {
        root = Files.createDirectory(parent.resolve("root"));
        Files.createDirectory(root.resolve("sub"));
        Files.writeString(root.resolve("sub/one.txt"), "one");
        Files.writeString(root.resolve("grün.txt"), "green");
        Files.createSymbolicLink(root.resolve("inside"), Path.of("sub/one.txt"));
        Files.createSymbolicLink(root.resolve("round"), Path.of("../root/sub/one.txt"));
        Files.createSymbolicLink(root.resolve("absolute"), root.resolve("sub/one.txt"));
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        Path outside = Files.createDirectory(parent.resolve("root2"));
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createSymbolicLink(root.resolve("out"), Path.of("../root2/secret"));
        Files.createSymbolicLink(root.resolve("far"), outside.resolve("secret"));
        Files.createSymbolicLink(root.resolve("folder"), outside);
    }

    private static String octets(String name) {
        return PortableTree.octets(name);
    }

    private static String text(FileTree tree, String name) throws IOException {
        try (OpenFile file = (OpenFile) tree.open(octets(name))) {
            byte[] bytes = file.read(0, (int) file.version().bytes());
            assertThat(bytes).isNotNull();
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static int status(FileTree tree, String name) {
        return ((Missing) tree.open(octets(name))).status();
    }

    @ParameterizedTest
    @EnumSource
    void opensWhatIsInIt(Kind kind) throws IOException {
        try (FileTree tree = kind.open(root)) {
            assertThat(text(tree, "sub/one.txt")).isEqualTo("one");
            assertThat(text(tree, "grün.txt")).isEqualTo("green");
            assertThat(text(tree, "inside")).isEqualTo("one");
            assertThat(text(tree, "round")).isEqualTo("one");
            assertThat(text(tree, "absolute")).isEqualTo("one");
            assertThat(tree.open("")).isEqualTo(Folder.FOLDER);
            assertThat(tree.open("sub")).isEqualTo(Folder.FOLDER);
        }
    }

    @ParameterizedTest
    @EnumSource
    void opensNothingElse(Kind kind) throws Exception {
        Process fifo = new ProcessBuilder("mkfifo", root + "/fifo", parent + "/fifo").start();
        assertThat(fifo.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(fifo.exitValue()).isZero();
        Files.createSymbolicLink(root.resolve("pipe"), Path.of("../fifo"));
        Files.createSymbolicLink(root.resolve("device"), Path.of("/dev/zero"));
        Files.createSymbolicLink(root.resolve("self"), Path.of("/proc/self/status"));
        try (FileTree tree = kind.open(root);
                ServerSocketChannel socket =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(root.resolve("socket")));
            for (String name :
                    new String[] {
                        "missing",
                        "sub/missing",
                        "sub/one.txt/below",
                        "loop",
                        "out",
                        "far",
                        "folder",
                        "folder/secret",
                        "folder/missing",
                        "fifo",
                        "pipe",
                        "socket",
                        "device",
                        "self",
                        "x".repeat(300),
                        "x/".repeat(3000)
                    }) {
                assertThat(status(tree, name)).as(name).isEqualTo(404);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void listsWhatCanBeOpened(Kind kind) throws IOException {
        Files.writeString(root.resolve(".hidden"), "");
        try (FileTree tree = kind.open(root)) {
            assertThat(tree.list("", 100))
                    .extracting(Entry::name)
                    .containsExactlyInAnyOrder(
                            "sub", octets("grün.txt"), "inside", "round", "absolute");
            assertThat(tree.list("sub", 100)).extracting(Entry::name).containsExactly("one.txt");
        }
    }

    @ParameterizedTest
    @EnumSource
    void knowsTheVersionOfAPath(Kind kind) throws IOException {
        try (FileTree tree = kind.open(root);
                OpenFile file = (OpenFile) tree.open("sub/one.txt")) {
            assertThat(tree.versionOf("sub/one.txt")).isEqualTo(file.version());
            assertThat(tree.versionOf("missing")).isNull();
            Files.writeString(root.resolve("sub/one.txt"), "longer");
            assertThat(tree.versionOf("sub/one.txt")).isNotEqualTo(file.version());
            assertThat(file.isUnchanged()).isFalse();
        }
    }

    /** What is not accepted is closed again. */
    @ParameterizedTest
    @EnumSource
    void keepsNoDescriptor(Kind kind) throws IOException {
        try (FileTree tree = kind.open(root)) {
            assertThat(status(tree, "out")).isEqualTo(404);
            assertThat(text(tree, "absolute")).isEqualTo("one");
            int next = nextDescriptor();
            for (String name : new String[] {"out", "far", "folder/secret", "missing"}) {
                assertThat(status(tree, name)).isEqualTo(404);
            }
            assertThat(text(tree, "absolute")).isEqualTo("one");
            assertThat(nextDescriptor()).isEqualTo(next);
        }
    }

    private static int nextDescriptor() {
        int fd = caffeine.os.Files.open("/dev/null", caffeine.os.Files.O_RDONLY, 0);
        Descriptors.close(fd);
        return fd;
    }
}

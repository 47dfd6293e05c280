package caffeine.os;

import static caffeine.os.testing.Machine.ok;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.os.testing.Machine;
import caffeine.os.testing.OnLinux;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

@OnLinux
class FilesTest {
    private final Machine machine = new Machine();
    private final Stat stat = new Stat();

    @TempDir Path path;

    /** The folder of the test, opened. */
    private int folder;

    @BeforeEach
    void open() {
        folder = machine.opened(Files.open(path.toString(), Files.O_PATH | Files.O_DIRECTORY, 0));
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private int create(String name) {
        int flags = Files.O_CREAT | Files.O_EXCL | Files.O_RDWR;
        return machine.opened(Files.openat(folder, Files.path(name), flags, 0644));
    }

    private int statAt(String name, int flags) {
        return Files.statAt(folder, Files.path(name), flags, stat);
    }

    @Nested
    class Names {
        @Test
        void areThoseOfTheFolder() {
            List<String> made = new ArrayList<>();
            for (int i = 0; i < 1200; i++) { // more than one call returns
                made.add("a long name of a file with number " + i);
                create(made.get(i));
            }
            create("\u00e9.txt");
            made.add("\u00e9.txt");
            assertThat(names(5000)).containsExactlyInAnyOrderElementsOf(made);
            assertThat(names(7)).hasSize(7);
        }

        @Test
        void ofNoFolder() {
            assertThat(Files.readNames(create("file"), 10, new ArrayList<>()))
                    .isEqualTo(-Errno.ENOTDIR);
        }

        private List<String> names(int most) {
            int fd = machine.opened(Files.open(path.toString(), Files.O_DIRECTORY, 0));
            List<byte[]> names = new ArrayList<>();
            ok(Files.readNames(fd, most, names));
            return names.stream()
                    .map(name -> new String(name, StandardCharsets.UTF_8))
                    .sorted()
                    .toList();
        }
    }

    @Nested
    class Opening {
        @Test
        void makesAFileOnce() {
            int fd = create("a");
            ok(Descriptors.write(fd, machine.memory("text"), 0, 4));
            int again = machine.opened(Files.open(path + "/a", Files.O_RDONLY, 0));
            assertThat(machine.readAll(again)).isEqualTo("text");
            int flags = Files.O_CREAT | Files.O_EXCL | Files.O_RDWR;
            assertThat(Files.openat(folder, Files.path("a"), flags, 0644)).isEqualTo(-Errno.EEXIST);
            assertThat(Descriptors.getDescriptorFlags(fd)).isEqualTo(Descriptors.FD_CLOEXEC);
        }

        @Test
        void errors() {
            create("file");
            ok(Files.symlinkat(Files.path("file"), folder, Files.path("link")));
            assertThat(open("missing", 0)).isEqualTo(-Errno.ENOENT);
            assertThat(open("file/below", 0)).isEqualTo(-Errno.ENOTDIR);
            assertThat(open("file", Files.O_DIRECTORY)).isEqualTo(-Errno.ENOTDIR);
            assertThat(open(".", Files.O_RDWR)).isEqualTo(-Errno.EISDIR);
            assertThat(open("link", Files.O_NOFOLLOW)).isEqualTo(-Errno.ELOOP);
            assertThat(open("n".repeat(256), 0)).isEqualTo(-Errno.ENAMETOOLONG);
            assertThat(open("./".repeat(2048), 0)).isEqualTo(-Errno.ENAMETOOLONG);
            assertThat(open("", 0)).isEqualTo(-Errno.ENOENT);
            assertThat(open("file\0.txt", 0)).isEqualTo(-Errno.EINVAL);
        }

        private int open(String name, int flags) {
            return Files.openat(folder, Files.path(name), flags, 0);
        }

        @Test
        void namesAreBytes() {
            byte[] latin1 = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
            int flags = Files.O_CREAT | Files.O_RDWR;
            machine.opened(Files.openat(folder, latin1, flags, 0600));
            assertThat(machine.shell("ls " + path + " | od -An -tx1").strip())
                    .isEqualTo("63 61 66 e9 0a");
        }
    }

    @Nested
    class ResolvingBeneath {
        @BeforeEach
        void lay() {
            ok(Files.mkdirat(folder, Files.path("root"), 0755));
            ok(Files.mkdirat(folder, Files.path("root/sub"), 0755));
            create("root/sub/file");
            create("outside");
            link("/etc/passwd", "root/absolute");
            link("../outside", "root/climbs");
            link("sub/../sub/file", "root/stays");
            link("loop", "root/loop");
            int probe = Files.openat2(folder, ".", Files.O_RDONLY, 0, Files.RESOLVE_BENEATH);
            assumeTrue(probe != -Errno.ENOSYS, "openat2 needs Linux 5.6");
            machine.opened(probe);
        }

        @AfterEach
        void removeWhatPointsOutside() {
            ok(Files.unlinkat(folder, Files.path("root/absolute"), 0));
        }

        private void link(String target, String name) {
            ok(Files.symlinkat(Files.path(target), folder, Files.path(name)));
        }

        private int open(String name) {
            int root = ok(Files.openat(folder, Files.path("root"), Files.O_PATH, 0));
            try {
                return Files.openat2(root, name, Files.O_RDONLY, 0, Files.RESOLVE_BENEATH);
            } finally {
                ok(Descriptors.close(root));
            }
        }

        @Test
        void whatStaysBeneathOpens() {
            machine.opened(open("sub/file"));
            machine.opened(open("stays"));
            machine.opened(open("sub/../sub/./file"));
        }

        @Test
        void whatLeavesIsAnotherDevice() {
            assertThat(open("../outside")).isEqualTo(-Errno.EXDEV);
            assertThat(open("sub/../../outside")).isEqualTo(-Errno.EXDEV);
            assertThat(open("climbs")).isEqualTo(-Errno.EXDEV);
            assertThat(open("absolute")).isEqualTo(-Errno.EXDEV);
            assertThat(open("/etc/passwd")).isEqualTo(-Errno.EXDEV);
        }

        @Test
        void theUsualErrorsStay() {
            assertThat(open("missing")).isEqualTo(-Errno.ENOENT);
            assertThat(open("loop")).isEqualTo(-Errno.ELOOP);
            assertThat(open("sub/file/below")).isEqualTo(-Errno.ENOTDIR);
        }

        @Test
        void magicLinksCanBeForbidden() {
            int result =
                    Files.openat2(
                            Files.AT_FDCWD,
                            "/proc/self/exe",
                            Files.O_RDONLY,
                            0,
                            Files.RESOLVE_NO_MAGICLINKS);
            assertThat(result).isEqualTo(-Errno.ELOOP);
        }
    }

    @Nested
    class Stating {
        @Test
        void aFile() {
            int fd = create("f");
            ok(Files.fchmod(fd, 0750));
            ok(Descriptors.write(fd, machine.memory("12345"), 0, 5));
            ok(Files.fstat(fd, stat));
            assertThat(stat.isRegular()).isTrue();
            assertThat(stat.isDirectory()).isFalse();
            assertThat(stat.permissions()).isEqualTo(0750);
            assertThat(stat.mode()).isEqualTo(0100750);
            assertThat(stat.size()).isEqualTo(5);
            assertThat(stat.links()).isEqualTo(1);
            assertThat(machine.shell("stat -c '%u %g %i %Y' " + path + "/f").strip())
                    .isEqualTo(
                            "%d %d %d %d",
                            stat.uid(), stat.gid(), stat.ino(), stat.modifiedNs() / 1_000_000_000);
        }

        @Test
        void aFolderAndALink() {
            ok(Files.symlinkat(Files.path("."), folder, Files.path("l")));
            ok(statAt("l", 0));
            assertThat(stat.isDirectory()).isTrue();
            long target = stat.ino();
            long device = stat.dev();
            ok(statAt("l", Files.AT_SYMLINK_NOFOLLOW));
            assertThat(stat.isSymbolicLink()).isTrue();
            assertThat(stat.ino()).isNotEqualTo(target);
            assertThat(stat.dev()).isEqualTo(device);
        }

        @Test
        void aSocket() {
            ok(Files.fstat(machine.socketPair()[0], stat));
            assertThat(stat.isSocket()).isTrue();
        }

        @Test
        void errors() {
            assertThat(Files.fstat(-1, stat)).isEqualTo(-Errno.EBADF);
            assertThat(statAt("missing", 0)).isEqualTo(-Errno.ENOENT);
        }
    }

    @Nested
    class Naming {
        @Test
        void makesAndRemovesFolders() {
            ok(Files.mkdirat(folder, Files.path("d"), 0700));
            assertThat(Files.mkdirat(folder, Files.path("d"), 0700)).isEqualTo(-Errno.EEXIST);
            assertThat(Files.unlinkat(folder, Files.path("d"), 0)).isEqualTo(-Errno.EISDIR);
            create("d/f");
            assertThat(Files.unlinkat(folder, Files.path("d"), Files.AT_REMOVEDIR))
                    .isEqualTo(-Errno.ENOTEMPTY);
            ok(Files.unlinkat(folder, Files.path("d/f"), 0));
            ok(Files.unlinkat(folder, Files.path("d"), Files.AT_REMOVEDIR));
            assertThat(statAt("d", 0)).isEqualTo(-Errno.ENOENT);
        }

        @Test
        void linksAndRenames() {
            create("a");
            ok(Files.linkat(folder, Files.path("a"), folder, Files.path("b"), 0));
            ok(statAt("b", 0));
            assertThat(stat.links()).isEqualTo(2);
            assertThat(Files.linkat(folder, Files.path("a"), folder, Files.path("b"), 0))
                    .isEqualTo(-Errno.EEXIST);
            create("c");
            ok(Files.renameat(folder, Files.path("c"), folder, Files.path("a")));
            ok(statAt("b", 0));
            assertThat(stat.links()).isEqualTo(1);
        }

        @Test
        void readsALink() {
            ok(Files.symlinkat(Files.path("some/where"), folder, Files.path("l")));
            byte[] target = new byte[64];
            assertThat(Files.readlink(folder, Files.path("l"), target)).isEqualTo(10);
            assertThat(new String(target, 0, 10, StandardCharsets.UTF_8)).isEqualTo("some/where");
            assertThat(Files.readlink(folder, Files.path("l"), new byte[4])).isEqualTo(4);
            create("f");
            assertThat(Files.readlink(folder, Files.path("f"), target)).isEqualTo(-Errno.EINVAL);
        }

        @Test
        void asksForAccess() {
            ok(Files.fchmod(create("f"), 0600));
            ok(access("f", Files.R_OK | Files.W_OK));
            assertThat(access("f", Files.X_OK)).isEqualTo(-Errno.EACCES);
            assertThat(access("missing", Files.F_OK)).isEqualTo(-Errno.ENOENT);
        }

        private int access(String name, int mode) {
            return Files.faccessat(folder, Files.path(name), mode, Files.AT_EACCESS);
        }
    }

    @Nested
    class WithoutAName {
        @Test
        void temporaryFileIsInNoFolder() {
            int fd = machine.opened(Files.openTemporary(Files.path(path.toString())));
            assertReadsBack(fd);
            assertThat(machine.shell("ls -A " + path)).isEmpty();
        }

        @Test
        void fallsBackToANameThatIsRemoved() {
            int fd = machine.opened(TemporaryFile.open(Files.path(path.toString())));
            assertReadsBack(fd);
            assertThat(stat.permissions()).isEqualTo(0600);
            assertThat(machine.shell("ls -A " + path)).isEmpty();
        }

        @Test
        void folderIsMissing() {
            assertThat(Files.openTemporary(Files.path(path + "/missing"))).isEqualTo(-Errno.ENOENT);
        }

        @Test
        void memory() {
            int fd = machine.opened(Files.memfdCreate("content", 0));
            assertReadsBack(fd);
            assertThat(Descriptors.getDescriptorFlags(fd)).isEqualTo(Descriptors.FD_CLOEXEC);
            assertThat(Files.memfdCreate("n".repeat(250), 0)).isEqualTo(-Errno.EINVAL);
        }

        private void assertReadsBack(int fd) {
            ok(Descriptors.write(fd, machine.memory("text"), 0, 4));
            ok(Descriptors.lseek(fd, 0, Descriptors.SEEK_SET));
            assertThat(machine.readAll(fd)).isEqualTo("text");
            ok(Files.fstat(fd, stat));
            assertThat(stat.links()).isZero();
        }
    }

    @Nested
    class Locking {
        @Test
        void oneHolderAtATime() {
            int first = create("lock");
            int second = machine.opened(Files.open(path + "/lock", Files.O_RDWR, 0));
            ok(Files.flock(first, Files.LOCK_EX | Files.LOCK_NB));
            assertThat(Files.flock(second, Files.LOCK_EX | Files.LOCK_NB)).isEqualTo(-Errno.EAGAIN);
            ok(Files.flock(first, Files.LOCK_UN));
            ok(Files.flock(second, Files.LOCK_EX | Files.LOCK_NB));
        }

        @Test
        void belongsToAllDuplicates() {
            int first = create("lock");
            int duplicate = machine.opened(Descriptors.dup(first, 3));
            int second = machine.opened(Files.open(path + "/lock", Files.O_RDWR, 0));
            ok(Files.flock(first, Files.LOCK_EX));
            machine.close(first);
            assertThat(Files.flock(second, Files.LOCK_EX | Files.LOCK_NB)).isEqualTo(-Errno.EAGAIN);
            machine.close(duplicate);
            ok(Files.flock(second, Files.LOCK_EX | Files.LOCK_NB));
        }
    }
}

package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.os.Processes;
import caffeine.os.Spawn;
import caffeine.os.StringArray;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A served folder for tests. Names are relative to it, a character for each byte; folders on the
 * way are made.
 */
final class Tree implements AutoCloseable {
    private final Path root;
    private final List<String> links = new ArrayList<>();

    /** Makes the folder, if it is not there. */
    Tree(Path root) {
        this.root = root;
        make("");
    }

    Tree folder(String name) {
        byte[] path = name.getBytes(ISO_8859_1);
        for (int i = 1; i <= path.length; i++) {
            if (i == path.length || path[i] == '/') {
                make(name.substring(0, i));
            }
        }
        return this;
    }

    private void make(String folder) {
        int result = Files.mkdirat(Files.AT_FDCWD, absolute(folder), 0755);
        assertThat(result).isIn(0, -Errno.EEXIST);
    }

    /** An executable file. */
    Tree script(String name) {
        return file(name, 0755, "#!/bin/sh\n");
    }

    /** A file that is not executable. */
    Tree text(String name) {
        return file(name, 0644, "text\n");
    }

    Tree file(String name, int mode, String content) {
        parent(name);
        int flags = Files.O_CREAT | Files.O_TRUNC | Files.O_WRONLY;
        int fd = Files.open(absolute(name), flags, 0600);
        assertThat(fd).isNotNegative();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(content);
            Descriptors.write(fd, bytes, 0, content.length());
        }
        assertThat(Files.fchmod(fd, mode)).isZero();
        Descriptors.close(fd);
        return this;
    }

    /** A symbolic link that says {@code target}. */
    Tree link(String name, String target) {
        parent(name);
        links.add(name);
        byte[] says = target.getBytes(ISO_8859_1);
        assertThat(Files.symlinkat(says, Files.AT_FDCWD, absolute(name))).isZero();
        return this;
    }

    Tree fifo(String name) {
        parent(name);
        StringArray argv = new StringArray();
        argv.add("mkfifo");
        argv.add(absolute(name));
        String program = java.nio.file.Files.exists(Path.of("/usr/bin/mkfifo")) ? "/usr" : "";
        try (Spawn spawn = new Spawn()) {
            byte[] path = Files.path(program + "/bin/mkfifo");
            int pid = spawn.spawn(path, argv, new StringArray(), null, 0, 1, 2);
            assertThat(pid).isPositive();
            Processes.waitPid(pid, true);
        }
        return this;
    }

    void mode(String name, int mode) {
        int fd = Files.open(absolute(name), Files.O_RDONLY, 0);
        assertThat(Files.fchmod(fd, mode)).isZero();
        Descriptors.close(fd);
    }

    /** Removes the links, lest the test framework warns that some lead outside. */
    @Override
    public void close() {
        for (String link : links) {
            Files.unlinkat(Files.AT_FDCWD, absolute(link), 0);
        }
        links.clear();
    }

    private void parent(String name) {
        int slash = name.lastIndexOf('/');
        if (slash > 0) {
            folder(name.substring(0, slash));
        }
    }

    private byte[] absolute(String name) {
        String prefix = new String(Files.path(root + "/"), ISO_8859_1);
        return (prefix + name).getBytes(ISO_8859_1);
    }

    /** The real path of the folder, a character for each byte. */
    String path() throws IOException {
        return new String(Files.path(root.toRealPath().toString()), ISO_8859_1);
    }
}

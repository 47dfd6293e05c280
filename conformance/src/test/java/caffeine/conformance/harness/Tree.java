package caffeine.conformance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A temporary folder with scripts in it, to be served and then removed. */
public final class Tree implements AutoCloseable {

    private final Path root;

    public Tree() {
        try {
            root = Files.createTempDirectory("conformance-tree-").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path root() {
        return root;
    }

    public Path resolve(String path) {
        return root.resolve(path);
    }

    /** An executable script of the shell: the text without its first line. */
    public Tree sh(String path, String text) {
        return script(path, "#!/bin/sh\n" + text);
    }

    /** An executable script of Python; of the interpreter itself, not of a wrapper around it. */
    public Tree python(String path, String text) {
        return script(path, "#!" + Python.EXECUTABLE + "\n" + text);
    }

    private static final class Python {

        static final String EXECUTABLE =
                Run.of("python3", "-c", "import sys; print(sys.executable)").output().strip();
    }

    /** An executable file with this text. */
    public Tree script(String path, String text) {
        return file(path, text, "rwxr-xr-x");
    }

    /** A file with this text and these permissions. */
    public Tree file(String path, String text, String permissions) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.write(file, text.getBytes(StandardCharsets.UTF_8));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets every user into the folder, which is its owner's alone otherwise. */
    public Tree openToAll() {
        try {
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that lies below the folder, whatever it is. */
    public static List<Path> list(Path folder) {
        List<Path> found = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return found;
        }
        try (var paths = Files.walk(folder)) {
            paths.filter(path -> !path.equals(folder)).sorted().forEach(found::add);
            return found;
        } catch (IOException | UncheckedIOException changing) {
            // Something went away while we looked: what was seen of it is no leak.
            return found;
        }
    }

    @Override
    public void close() {
        delete(root);
    }

    /** Removes a folder and what is in it. */
    public static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new Remover());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException failed)
                throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}

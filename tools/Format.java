import com.google.googlejavaformat.java.Main;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Lays out every Java source below a folder with google-java-format, or says which are not laid
 * out: {@code java Format.java --check|--write FOLDER STAMP}. Files that are no newer than the
 * stamp of the last good run are taken as formatted. Exit code 0: all is well; 1: it is not.
 */
final class Format {
    private Format() {}

    public static void main(String[] args) throws Exception {
        boolean write = args[0].equals("--write");
        Path root = Path.of(args[1]);
        Path stamp = Path.of(args[2]);
        FileTime started = FileTime.fromMillis(System.currentTimeMillis());

        List<String> sources = sourcesNewerThan(stamp, root);
        if (!sources.isEmpty() && format(write, sources) != 0) {
            if (!write) {
                System.err.println("Not formatted. To format: mvn -q -N -Pformat verify");
            }
            System.exit(1);
        }
        Files.createDirectories(stamp.toAbsolutePath().getParent());
        Files.writeString(stamp, "");
        Files.setLastModifiedTime(stamp, started);
    }

    /** In check mode the formatter prints the name of each file that it would change. */
    private static int format(boolean write, List<String> sources) throws Exception {
        List<String> arguments = new ArrayList<>();
        arguments.add("--aosp");
        arguments.addAll(
                write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
        arguments.addAll(sources);
        PrintWriter out = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        return new Main(out, out, InputStream.nullInputStream())
                .format(arguments.toArray(String[]::new));
    }

    private static List<String> sourcesNewerThan(Path stamp, Path root) throws IOException {
        FileTime limit =
                Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
        List<String> found = new ArrayList<>();
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a) {
                        String name = folder.getFileName().toString();
                        boolean built = name.equals("target") || name.startsWith(".");
                        return built && !folder.equals(root)
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
                        if (file.toString().endsWith(".java")
                                && a.lastModifiedTime().compareTo(limit) >= 0) {
                            found.add(file.toString());
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        return found;
    }
}

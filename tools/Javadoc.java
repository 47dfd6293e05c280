import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Makes the Javadoc of a module, without a warning: {@code java Javadoc.java SOURCES FOLDER
 * CLASSPATH}. The plugin for this would read module descriptors in Maven's own JDK, which may be
 * older than they are.
 *
 * <p>A comment that says all in one sentence has no {@code @param} or {@code @return} that says it
 * again: doclint does not ask for them ({@code -missing}).
 */
class Javadoc {

    /**
     * @param args folder of the sources; folder to be made; what Maven calls the class path, which
     *     begins with the module's own classes
     */
    public static void main(String[] args) throws IOException {
        Path sources = Path.of(args[0]);
        List<String> jars = Arrays.stream(args[2].split(File.pathSeparator)).skip(1).toList();
        List<String> words = new ArrayList<>(List.of("-d", args[1], "-encoding", "UTF-8"));
        words.addAll(List.of("-quiet", "-notimestamp", "--no-fonts"));
        words.addAll(List.of("-Werror", "-Xdoclint:all,-missing"));
        if (!jars.isEmpty()) {
            words.addAll(List.of("--module-path", String.join(File.pathSeparator, jars)));
        }
        // A module that exports nothing has no page otherwise.
        boolean exports = Files.readString(sources.resolve("module-info.java")).contains("exports");
        words.addAll(List.of("--show-packages", exports ? "exported" : "all"));
        try (Stream<Path> files = Files.walk(sources)) {
            words.addAll(
                    files.filter(file -> file.toString().endsWith(".java"))
                            .map(Path::toString)
                            .sorted()
                            .toList());
        }
        PrintWriter out = new PrintWriter(System.err, true);
        System.exit(
                ToolProvider.findFirst("javadoc")
                        .orElseThrow()
                        .run(out, out, words.toArray(String[]::new)));
    }
}

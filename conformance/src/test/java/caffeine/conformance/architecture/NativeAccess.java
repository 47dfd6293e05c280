package caffeine.conformance.architecture;

import static java.util.stream.Collectors.joining;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Who calls restricted methods of {@code java.lang.foreign}, by the word of the JDK's own scanner.
 */
final class NativeAccess {

    private NativeAccess() {}

    /**
     * The names of those of the modules, and of what they require, that call restricted methods.
     */
    static List<String> of(List<Path> modulePath, List<String> modules) {
        ToolProvider scanner = ToolProvider.findFirst("jnativescan").orElseThrow();
        StringWriter out = new StringWriter();
        int exit =
                scanner.run(
                        new PrintWriter(out),
                        new PrintWriter(out),
                        "--module-path",
                        modulePath.stream().map(Path::toString).collect(joining(":")),
                        "--add-modules",
                        String.join(",", modules),
                        "--print-native-access");
        if (exit != 0) {
            throw new AssertionError("jnativescan: " + out);
        }
        return Stream.of(out.toString().strip().split(","))
                .filter(name -> !name.isEmpty())
                .toList();
    }
}

package caffeine.conformance.architecture;

import caffeine.conformance.harness.Tree;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/** Types in exported signatures that a reader of the module may not see, by the word of javac. */
final class Exports {

    private static final Pattern LEAK =
            Pattern.compile("^(.+): warning: \\[exports] (.+)$", Pattern.MULTILINE);

    private Exports() {}

    /**
     * What javac says of these modules, a line each.
     *
     * @param sources the folder of each module's sources
     */
    static List<String> leaks(Map<String, Path> sources) throws IOException {
        List<String> words = new ArrayList<>(List.of("-proc:none", "-Xlint:exports"));
        words.addAll(List.of("-Xmaxwarns", "100000"));
        String annotations =
                Nullable.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        words.addAll(List.of("--module-path", annotations));
        for (Map.Entry<String, Path> module : sources.entrySet()) {
            words.add("--module-source-path");
            words.add(module.getKey() + "=" + module.getValue());
            try (Stream<Path> files = Files.walk(module.getValue())) {
                files.map(Path::toString)
                        .filter(name -> name.endsWith(".java"))
                        .forEach(words::add);
            }
        }
        StringWriter said = new StringWriter();
        PrintWriter writer = new PrintWriter(said);
        try (Tree classes = new Tree()) {
            words.addAll(List.of("-d", classes.root().toString()));
            ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
            if (javac.run(writer, writer, words.toArray(String[]::new)) != 0) {
                throw new AssertionError("javac: " + said);
            }
        }
        return LEAK.matcher(said.toString()).results().map(MatchResult::group).toList();
    }
}

package caffeine.conformance.differential;

import caffeine.conformance.cases.Escapes;
import caffeine.conformance.harness.Repository;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The requests of {@code differential/requests.tsv}. */
final class Samples {

    private static final Pattern REPEAT = Pattern.compile("\\{repeat (.*?) ([0-9]+)}");

    private Samples() {}

    /** The requests by their names, one character a byte. */
    static Map<String, String> all() {
        Map<String, String> samples = new LinkedHashMap<>();
        try {
            var file = Repository.resources().resolve("differential/requests.tsv");
            for (String line : Files.readAllLines(file)) {
                int tab = line.indexOf('\t');
                if (line.startsWith("#")) {
                    continue;
                }
                String request = Escapes.undo(repeated(line.substring(tab + 1)));
                if (samples.put(line.substring(0, tab), request) != null) {
                    throw new AssertionError("twice: " + line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return samples;
    }

    private static String repeated(String text) {
        return REPEAT.matcher(text)
                .replaceAll(
                        m ->
                                Matcher.quoteReplacement(
                                        m.group(1).repeat(Integer.parseInt(m.group(2)))));
    }
}

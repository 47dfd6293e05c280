package caffeine.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A page of the documentation with a place for what a bench has measured, between {@code <!--
 * bench/run NAME -->} and {@code <!-- end -->}.
 *
 * @param file a page of Markdown
 * @param bench the name of the bench
 */
public record Page(Path file, String bench) {
    private static final String END = "<!-- end -->\n";

    /**
     * Writes the page with this in that place.
     *
     * @param circumstances machine and programs, a line each
     * @param text tables, in Markdown
     * @throws IOException when the page has no place for it
     */
    public void write(String circumstances, String text) throws IOException {
        Files.writeString(file, filled(Files.readString(file), circumstances, text));
    }

    /** The page with this in that place. */
    public String filled(String page, String circumstances, String text) throws IOException {
        String begin = "<!-- bench/run " + bench + " -->\n";
        int from = page.indexOf(begin);
        int to = page.indexOf(END, Math.max(0, from));
        if (from < 0 || to < 0) {
            throw new IOException(
                    "%s has no place for the tables: %s %s"
                            .formatted(file, begin.strip(), END.strip()));
        }
        StringBuilder block = new StringBuilder(begin).append('\n');
        circumstances.lines().forEach(line -> block.append("- ").append(line).append('\n'));
        block.append('\n').append(text).append('\n');
        return page.substring(0, from) + block + page.substring(to);
    }
}

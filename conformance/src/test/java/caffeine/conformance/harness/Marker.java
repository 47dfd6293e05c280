package caffeine.conformance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file by which a test and a script tell each other how far they are. A script tells with {@code
 * : > FILE} and waits with {@link #awaitInShell}.
 */
public final class Marker {

    private final Path file;

    public Marker(Tree tree, String name) {
        file = tree.resolve(name);
    }

    /** For the script's text. */
    public String path() {
        return file.toString();
    }

    /** Shell text that tells the test that the script has come here. */
    public String tellInShell() {
        return ": > " + file + "\n";
    }

    /** Shell text that waits until the test has set the marker. */
    public String awaitInShell() {
        return "until [ -e " + file + " ]; do sleep 0.02; done\n";
    }

    public void set() {
        try {
            Files.write(file, new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the script has set it. */
    public void await() {
        Await.until(file.getFileName() + " is there", () -> Files.exists(file));
    }

    /** What a script wrote into it, waited for until it ends in a line end. */
    public String awaitText() {
        Await.until(file.getFileName() + " has a line", () -> text().endsWith("\n"));
        return text().strip();
    }

    private String text() {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

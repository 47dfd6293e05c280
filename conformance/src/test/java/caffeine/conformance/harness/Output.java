package caffeine.conformance.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The lines that a program writes to one of its streams, as they come. */
public final class Output {

    private static final int TAIL = 20;

    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    public Output(String name, InputStream stream) {
        Thread.ofVirtual().name(name).start(() -> follow(stream));
    }

    /** What came so far. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** Whether a line so far has something that matches. */
    public boolean has(String regex) {
        return !matching(regex).isEmpty();
    }

    /** The lines so far that have something that matches. */
    public List<String> matching(String regex) {
        Pattern pattern = Pattern.compile(regex);
        return lines().stream().filter(line -> pattern.matcher(line).find()).toList();
    }

    /** Waits for the first line, old or new, that has something that matches. */
    public String await(String regex) {
        return await(regex, Await.PATIENCE);
    }

    /** As above, within this time. */
    public String await(String regex, Duration patience) {
        Await.until(
                () -> "a line with " + regex + " at the end of\n  " + tail(),
                patience,
                () -> has(regex) || ended());
        return matching(regex).stream()
                .findFirst()
                .orElseThrow(() -> new AssertionError("ended without " + regex + ":\n  " + tail()));
    }

    /** The last lines, for messages. */
    String tail() {
        List<String> all = lines();
        return String.join("\n  ", all.subList(Math.max(0, all.size() - TAIL), all.size()));
    }

    /** Whether the stream has ended: nobody holds its other end any more. */
    public synchronized boolean ended() {
        return ended;
    }

    private void follow(InputStream stream) {
        try (var reader =
                new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line; (line = reader.readLine()) != null; ) {
                add(line);
            }
        } catch (IOException closed) {
            // The process was destroyed; what came until then is kept.
        }
        end();
    }

    private synchronized void add(String line) {
        lines.add(line);
    }

    private synchronized void end() {
        ended = true;
    }
}

package caffeine.bench.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine in words.
 *
 * @param processors how many the bench may use
 * @param model what they call themselves
 * @param memoryGib of the whole machine
 * @param kernel name and release
 * @param java the JVM that runs the bench
 */
public record Machine(int processors, String model, long memoryGib, String kernel, String java) {

    private static final long KIB_PER_GIB = 1 << 20;

    /** This one. */
    public static Machine describe() throws IOException {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                value("/proc/cpuinfo", "model name", System.getProperty("os.arch", "?")),
                Math.round(
                        Double.parseDouble(
                                        value("/proc/meminfo", "MemTotal", "0").split(" ", -1)[0])
                                / KIB_PER_GIB),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.vendor") + " " + Runtime.version());
    }

    @Override
    public String toString() {
        return "%d × %s, %d GiB, %s, Java %s".formatted(processors, model, memoryGib, kernel, java);
    }

    private static String value(String file, String name, String otherwise) throws IOException {
        if (!Files.isReadable(Path.of(file))) {
            return otherwise;
        }
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            List<String> found = lines.filter(line -> line.startsWith(name)).limit(1).toList();
            return found.isEmpty()
                    ? otherwise
                    : found.getFirst().substring(found.getFirst().indexOf(':') + 1).strip();
        }
    }
}

package caffeine.bench.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Context switches, of proc_pid_status(5). */
public final class ContextSwitches {

    private static final List<String> NAMES =
            List.of("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:");

    private ContextSwitches() {}

    /** Of all present threads of a group since they began. */
    public static long of(ProcessGroup group) throws IOException {
        long all = 0;
        for (ProcessStat member : group.members()) {
            Path tasks = Path.of("/proc/" + member.pid() + "/task");
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
                for (Path thread : threads) {
                    all += ofThread(thread.resolve("status"));
                }
            } catch (IOException _) {
                // It has ended.
            }
        }
        return all;
    }

    private static long ofThread(Path status) {
        try {
            return parse(Files.readAllLines(status, StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return 0; // it has ended
        }
    }

    static long parse(List<String> status) {
        return status.stream()
                .filter(line -> NAMES.stream().anyMatch(line::startsWith))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }
}

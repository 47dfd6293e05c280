package caffeine.conformance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code /proc/net/tcp} and {@code tcp6} tell about connections (man 5 proc). */
public final class TcpTable {

    private static final int ESTABLISHED = 1;
    private static final int CLOSE_WAIT = 8;

    private TcpTable() {}

    /** Connections of a local port that some process still has to close. */
    public static int connectionsOf(int port) {
        int count = 0;
        for (String line : rows()) {
            String[] words = line.strip().split("\\s+", -1);
            int state = Integer.parseInt(words[3], 16);
            boolean held = state == ESTABLISHED || state == CLOSE_WAIT;
            if (held && portOf(words[1]) == port) {
                count++;
            }
        }
        return count;
    }

    private static int portOf(String address) {
        return Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
    }

    private static List<String> rows() {
        List<String> rows = new ArrayList<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            try {
                List<String> lines = Files.readAllLines(Path.of(table));
                rows.addAll(lines.subList(1, lines.size()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return rows;
    }
}

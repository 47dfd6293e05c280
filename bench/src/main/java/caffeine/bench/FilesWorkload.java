package caffeine.bench;

import caffeine.bench.server.FileSite;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/** A load that {@code bench/run files} puts on each server. */
enum FilesWorkload {
    SMALL("1 KiB", FileSite.SMALL, 64),
    MEDIUM("100 KiB", FileSite.MEDIUM, 16),
    LARGE("1 MiB", FileSite.LARGE, 16),
    /** Each request has the entity tag that the server has given. */
    NOT_MODIFIED("304", FileSite.SMALL, 64),
    /** Each request has another file, at random. */
    MANY("10,000 files of 1 KiB", "", 64);

    final String label;
    final String file;
    final int connections;

    FilesWorkload(String label, String file, int connections) {
        this.label = label;
        this.file = file;
        this.connections = connections;
    }

    /** For {@code --measure}. */
    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A program for wrk, which makes the requests; null: they are all the same. */
    @Nullable String script() {
        return this == MANY
                ? """
                function request()
                  local n = math.random(0, %1$d)
                  local folder = math.floor(n / %2$d)
                  return "GET /%3$s/" .. folder .. "/" .. n %% %2$d
                      .. ".txt HTTP/1.1\\r\\nHost: bench\\r\\n\\r\\n"
                end
                """
                        .formatted(FileSite.SIDE * FileSite.SIDE - 1, FileSite.SIDE, FileSite.MANY)
                : null;
    }
}

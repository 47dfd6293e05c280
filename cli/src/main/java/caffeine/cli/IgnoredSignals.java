package caffeine.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The signals that were ignored when this process started, as with {@code nohup} and the {@code &}
 * of a shell script. Ignoring is inherited, and the JVM does not take such a signal back.
 */
final class IgnoredSignals {

    private final long mask;

    private IgnoredSignals(long mask) {
        this.mask = mask;
    }

    static IgnoredSignals ofThisProcess() {
        return of(ProcessHandle.current().pid());
    }

    static IgnoredSignals of(long pid) {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        try {
            return parse(Files.readString(status, StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return new IgnoredSignals(0); // Without /proc nothing is known.
        }
    }

    /** Reads the line {@code SigIgn:} of a process's status (man 5 proc_pid_status). */
    static IgnoredSignals parse(String status) {
        String label = "\nSigIgn:\t";
        int at = status.indexOf(label);
        int from = at + label.length();
        int end = status.indexOf('\n', from);
        if (at < 0 || end < 0) {
            return new IgnoredSignals(0);
        }
        return new IgnoredSignals(Long.parseUnsignedLong(status, from, end, 16));
    }

    boolean contains(int signal) {
        return ((mask >>> (signal - 1)) & 1) != 0;
    }
}

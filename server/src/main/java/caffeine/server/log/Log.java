package caffeine.server.log;

import caffeine.http.OutputBuffer;
import caffeine.os.Errno;
import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Log lines: time in UTC, level, process, message.
 *
 * <pre>2026-03-01T12:00:00.123Z INFO  worker-1 limit: max-queue reached: 503 for /x</pre>
 *
 * <p>Thread-safe. A {@link LogWriter} thread writes, so no call waits for a disk.
 */
public final class Log implements AutoCloseable {

    /** An escape. */
    private static final int MOST_BYTES_PER_CHAR = 6;

    private static final String CUT = "...\n";
    private static final int PROCESS_COLUMN = 8;
    static final int STANDARD_ERROR = 2;

    private final String process;
    private volatile LogLevel least;
    private final Clock clock;
    private final Stamp stamp = Stamp.iso();
    private final OutputBuffer line = new OutputBuffer(256);
    private final System.@Nullable Logger logger;
    private final List<LogWriter> writers = new ArrayList<>();
    private final List<RateLimiter> gates = new ArrayList<>();

    private Log(String process, LogLevel least, Clock clock, System.@Nullable Logger logger) {
        this.logger = logger;
        this.process = process + " ".repeat(Math.max(0, PROCESS_COLUMN - process.length())) + " ";
        this.least = least;
        this.clock = clock;
    }

    /**
     * Opens a log.
     *
     * @param process the name of this process: {@code parent}, {@code worker-1}
     * @param descriptors where each line goes; takes ownership of those above 2
     */
    static Log open(String process, LogLevel least, Clock clock, int... descriptors) {
        Log log = new Log(process, least, clock, null);
        for (int fd : descriptors) {
            LogWriter writer = new LogWriter(fd, log.new Watcher(), clock);
            log.writers.add(writer);
            writer.begin();
        }
        return log;
    }

    /** Opens a log whose lines go to a logger of the program. */
    static Log to(System.Logger logger, String process, LogLevel least, Clock clock) {
        return new Log(process, least, clock, logger);
    }

    /** Opens a log of standard error alone. */
    public static Log toStandardError(String process, LogLevel least) {
        return open(process, least, Clock.SYSTEM, STANDARD_ERROR);
    }

    /** Whether lines of this level are written. */
    public boolean isOn(LogLevel level) {
        return level.compareTo(least) >= 0;
    }

    /** Lines below another level are left out from now on. */
    void level(LogLevel newLeast) {
        least = newLeast;
    }

    /** Lines with a limit a second for each kind. */
    public RateLimiter gate(LogLevel level, int linesPerSecond) {
        RateLimiter gate = new RateLimiter(this, level, linesPerSecond, clock);
        synchronized (gates) {
            gates.add(gate);
        }
        return gate;
    }

    /** A line about a part of the server. */
    public void line(LogLevel level, String component, String text) {
        line(level, component + ": " + text);
    }

    /**
     * A line, in UTF-8; characters that could forge another one or move a terminal's cursor are
     * escaped.
     */
    public void line(LogLevel level, String text) {
        if (!isOn(level)) {
            return;
        }
        for (LogWriter writer : writers) {
            writer.awaitRoom(); // before the lock, for which others would have to wait as long
        }
        put(level, text);
    }

    private synchronized void put(LogLevel level, String text) {
        line.clear();
        if (logger != null) {
            putText(text);
            int length = line.length() - 1; // without the line end
            logger.log(levelOf(level), new String(line.array(), 0, length, StandardCharsets.UTF_8));
            return;
        }
        stamp.putWithMillis(line, clock.epochMillis());
        line.putAscii(column(level));
        line.putAscii(process);
        putText(text);
        for (LogWriter writer : writers) {
            writer.line(line.array(), 0, line.length());
        }
    }

    private static System.Logger.Level levelOf(LogLevel level) {
        return switch (level) {
            case DEBUG -> System.Logger.Level.DEBUG;
            case INFO -> System.Logger.Level.INFO;
            case WARN -> System.Logger.Level.WARNING;
            case ERROR -> System.Logger.Level.ERROR;
        };
    }

    private static String column(LogLevel level) {
        return switch (level) {
            case DEBUG -> " DEBUG ";
            case INFO -> " INFO  ";
            case WARN -> " WARN  ";
            case ERROR -> " ERROR ";
        };
    }

    private void putText(String text) {
        int room = Lines.MOST_BYTES - CUT.length() - MOST_BYTES_PER_CHAR;
        int i = 0;
        while (i < text.length() && line.length() <= room) {
            int c = text.codePointAt(i);
            put(c);
            i += Character.charCount(c);
        }
        line.putAscii(i < text.length() ? CUT : "\n");
    }

    private void put(int c) {
        if (c >= ' ' && c < 0x7f) {
            line.put(c);
        } else if (c < 0xa0) {
            line.putAscii("\\x");
            putHex(c, 2);
        } else if (c < 0x800) {
            line.put(0xc0 | c >> 6);
            line.put(0x80 | (c & 0x3f));
        } else if (isDeceptive(c)) {
            line.putAscii("\\u");
            putHex(c, 4);
        } else if (c < 0x10000) {
            line.put(0xe0 | c >> 12);
            line.put(0x80 | (c >> 6 & 0x3f));
            line.put(0x80 | (c & 0x3f));
        } else {
            line.put(0xf0 | c >> 18);
            line.put(0x80 | (c >> 12 & 0x3f));
            line.put(0x80 | (c >> 6 & 0x3f));
            line.put(0x80 | (c & 0x3f));
        }
    }

    /** Line ends, bidirectional controls and lone surrogates. */
    private static boolean isDeceptive(int c) {
        return (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069)
                || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private void putHex(int c, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            line.put(Character.forDigit(c >> shift & 15, 16));
        }
    }

    /** The gate suppresses lines: it reports their number within seconds, or before the next. */
    void watch() {
        if (!writers.isEmpty()) {
            writers.getFirst().watch();
        }
    }

    /** From now on lines go to this descriptor instead of the last of the first ones. */
    void reopen(int fd) {
        writers.getLast().reopen(fd);
    }

    /** Waits, a second at most, until all lines so far are written. */
    public void awaitWritten() {
        for (LogWriter writer : writers) {
            writer.awaitWritten();
        }
    }

    /** Reports suppressed lines, and writes as much as possible within a second. */
    @Override
    public void close() {
        synchronized (gates) {
            gates.forEach(RateLimiter::reportAll);
        }
        awaitWritten();
        for (LogWriter writer : writers) {
            writer.close();
        }
    }

    /** The message about lines that were not written. */
    static String lostLines(long lines, int errno) {
        return lines
                + (lines == 1 ? " line was" : " lines were")
                + " not written: "
                + (errno == 0 ? "they came faster than they could be" : Errno.describe(errno));
    }

    private final class Watcher implements LogWriter.Watcher {
        @Override
        public void failing(int errno) {
            if (writers.size() > 1) {
                line(LogLevel.WARN, "log", "cannot be written: " + Errno.describe(errno));
            }
        }

        @Override
        public void lost(long lines, int errno) {
            line(LogLevel.WARN, "log", lostLines(lines, errno));
        }

        @Override
        public boolean awake() {
            boolean holding = false;
            synchronized (gates) {
                for (RateLimiter gate : gates) {
                    holding |= gate.reportOld();
                }
            }
            return holding;
        }
    }
}

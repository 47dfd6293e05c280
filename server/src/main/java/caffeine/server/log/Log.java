package caffeine.server.log;

import caffeine.http.OutputBuffer;
import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.server.LogLevel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * Log lines to a descriptor: {@code 2026-03-01T12:00:00.123Z INFO text}.
 *
 * <p>Lines collect until {@link #flush}, which a loop calls at the end of a turn, so that a busy
 * turn costs one write. Whole lines go out together: processes that share the descriptor do not mix
 * theirs within a line.
 */
public final class Log {

    private static final int FLUSH_BYTES = 32 * 1024;
    private static final int LINE_BYTES = 16 * 1024;

    /** An escape. */
    private static final int MOST_BYTES_PER_CHAR = 6;

    private final int fd;
    private final LogLevel least;
    private final LongSupplier epochMillis;
    private final boolean collects;
    private final OutputBuffer lines = new OutputBuffer();
    private final ByteBuffer outgoingBytes = ByteBuffer.allocateDirect(FLUSH_BYTES + LINE_BYTES);
    private final MemorySegment outgoing = MemorySegment.ofBuffer(outgoingBytes);
    private long stampSecond = Long.MIN_VALUE;
    private String stamp = "";

    Log(int fd, LogLevel least, LongSupplier epochMillis, boolean collects) {
        this.fd = fd;
        this.least = least;
        this.epochMillis = epochMillis;
        this.collects = collects;
    }

    /** Writes each line at once. */
    public static Log toStandardError(LogLevel least) {
        return new Log(2, least, System::currentTimeMillis, false);
    }

    /** Collects lines until {@link #flush}. */
    public static Log collecting(LogLevel least, LongSupplier epochMillis) {
        return new Log(2, least, epochMillis, true);
    }

    /** Whether lines of this level are written. */
    public boolean isOn(LogLevel level) {
        return level.compareTo(least) >= 0;
    }

    /** A line about a part of the server. */
    public void line(LogLevel level, String component, String text) {
        line(level, component + ": " + text);
    }

    /**
     * A line, in UTF-8; characters that could forge another one or move a terminal's cursor are
     * escaped.
     */
    public synchronized void line(LogLevel level, String text) {
        if (!isOn(level)) {
            return;
        }
        stamp();
        lines.putAscii(column(level));
        int length = Math.min(text.length(), LINE_BYTES / MOST_BYTES_PER_CHAR);
        for (int i = 0; i < length; i++) {
            int c = text.codePointAt(i);
            put(c);
            i += Character.charCount(c) - 1;
        }
        lines.put('\n');
        if (!collects || lines.length() >= FLUSH_BYTES) {
            flush();
        }
    }

    private static String column(LogLevel level) {
        return switch (level) {
            case DEBUG -> "DEBUG ";
            case INFO -> "INFO  ";
            case WARN -> "WARN  ";
            case ERROR -> "ERROR ";
        };
    }

    private void put(int c) {
        if (c >= ' ' && c < 0x7f) {
            lines.put(c);
        } else if (c < 0xa0) {
            lines.putAscii("\\x");
            putHex(c, 2);
        } else if (c < 0x800) {
            lines.put(0xc0 | c >> 6);
            lines.put(0x80 | (c & 0x3f));
        } else if (isDeceptive(c)) {
            lines.putAscii("\\u");
            putHex(c, 4);
        } else if (c < 0x10000) {
            lines.put(0xe0 | c >> 12);
            lines.put(0x80 | (c >> 6 & 0x3f));
            lines.put(0x80 | (c & 0x3f));
        } else {
            lines.put(0xf0 | c >> 18);
            lines.put(0x80 | (c >> 12 & 0x3f));
            lines.put(0x80 | (c >> 6 & 0x3f));
            lines.put(0x80 | (c & 0x3f));
        }
    }

    /** Line ends, and what turns the direction of reading around; and half characters. */
    private static boolean isDeceptive(int c) {
        return (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069)
                || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    private void putHex(int c, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            lines.put(Character.forDigit(c >> shift & 15, 16));
        }
    }

    private void stamp() {
        long now = epochMillis.getAsLong();
        long second = Math.floorDiv(now, 1000L);
        if (second != stampSecond) {
            stampSecond = second;
            String text =
                    LocalDateTime.ofInstant(Instant.ofEpochSecond(second), ZoneOffset.UTC)
                            .toString();
            stamp = text.length() == 16 ? text + ":00." : text + ".";
        }
        int millis = (int) Math.floorMod(now, 1000L);
        lines.putAscii(stamp);
        lines.put('0' + millis / 100);
        lines.put('0' + millis / 10 % 10);
        lines.put('0' + millis % 10);
        lines.putAscii("Z ");
    }

    /** Whether something has collected. */
    public synchronized boolean hasLines() {
        return lines.length() > 0;
    }

    /** Writes what has collected. Where the descriptor takes nothing more, lines are lost. */
    public synchronized void flush() {
        int from = 0;
        while (from < lines.length()) {
            int part = Math.min(lines.length() - from, outgoingBytes.capacity());
            outgoingBytes.put(0, lines.array(), from, part);
            long written = Descriptors.write(fd, outgoing, 0, part);
            if (written < 0) {
                if (written == -Errno.EINTR) {
                    continue;
                }
                break;
            }
            from += (int) written;
        }
        lines.clear();
    }
}

package caffeine.server.log;

import caffeine.http.Fields;
import caffeine.http.OutputBuffer;
import caffeine.os.Errno;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.HandlerEnd;
import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions.AccessFormat;

import org.jspecify.annotations.Nullable;

/**
 * A line for each exchange, in a file of their own.
 *
 * <p>Requests are one character a byte, and any byte may be in them. Bytes that are not printable
 * ASCII, and the delimiters of the format, are escaped, so that no request can forge a line or end
 * a field. Long values are cut, and end in {@code ...}.
 */
final class AccessLog implements AutoCloseable {

    /** All fields at their longest, each byte escaped, leave room for the rest of a line. */
    private static final int TARGET_BYTES = 2000;

    private static final int METHOD_BYTES = 100;
    private static final int FIELD_BYTES = 700;
    private static final String CUT = "...";
    private static final int ESCAPE_BYTES = 6;

    private final AccessFormat format;
    private final String process;
    private final Clock clock;
    private final Log log;
    private final LogWriter writer;
    private final Stamp iso = Stamp.iso();
    private final Stamp common = Stamp.common();
    private final OutputBuffer line = new OutputBuffer(512);

    /**
     * @param log receives messages about this file
     */
    AccessLog(int fd, AccessFormat format, String process, Clock clock, Log log) {
        this.format = format;
        this.process = process;
        this.clock = clock;
        this.log = log;
        this.writer = new LogWriter(fd, new Watcher(), clock);
        writer.begin();
    }

    /** {@code GET /x HTTP/1.1}, as far as it was understood; {@code -} when it was not at all. */
    static String requestLine(ExchangeReport report) {
        if (report.method() == null) {
            return "-";
        }
        String target = report.target() == null ? "-" : report.target();
        String version = report.minorVersion() < 0 ? "" : " HTTP/1." + report.minorVersion();
        return report.method() + " " + target + version;
    }

    /** From any thread. */
    void exchange(ExchangeReport report) {
        writer.awaitRoom(); // before the lock, to hold it only briefly
        put(report);
    }

    private synchronized void put(ExchangeReport report) {
        line.clear();
        switch (format) {
            case COMBINED -> combined(report);
            case JSON -> json(report);
        }
        line.put('\n');
        writer.line(line.array(), 0, line.length());
    }

    // ---- combined

    /**
     * {@code 127.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "referer" "agent"
     * time=1.20ms exit=0 cpu=0.90ms}.
     */
    private void combined(ExchangeReport report) {
        line.putAscii(report.client().host());
        line.putAscii(" - - [");
        common.put(line, clock.epochMillis());
        line.putAscii("] \"");
        hex(requestLine(report), METHOD_BYTES + TARGET_BYTES);
        line.putAscii("\" ");
        if (report.status() > 0) {
            line.putDecimal(report.status());
        } else {
            line.put('-');
        }
        line.put(' ');
        line.putDecimal(report.bytes());
        line.putAscii(" \"");
        hex(field(report, "Referer", "-"), FIELD_BYTES);
        line.putAscii("\" \"");
        hex(field(report, "User-Agent", "-"), FIELD_BYTES);
        line.putAscii("\" time=");
        Stamp.putMillis(line, report.durationNs());
        line.putAscii("ms exit=");
        HandlerEnd end = report.handler();
        line.putAscii(end == null ? "-" : exitOf(end));
        line.putAscii(" cpu=");
        if (end == null || end.cpuNs() < 0) {
            line.put('-');
        } else {
            Stamp.putMillis(line, end.cpuNs());
            line.putAscii("ms");
        }
    }

    /** {@code 0}, {@code SIGKILL}, {@code unknown}: no blank, so that it is one column. */
    private static String exitOf(HandlerEnd end) {
        String outcome = end.outcome();
        int space = outcome.indexOf(' ');
        return space < 0 || outcome.startsWith("exit ")
                ? outcome.substring(space + 1)
                : outcome.substring(0, space).replace(",", "");
    }

    private static String field(ExchangeReport report, String name, String otherwise) {
        Fields fields = report.fields();
        String value = fields == null ? null : fields.first(name);
        return value == null ? otherwise : value;
    }

    private void hex(String text, int most) {
        int to = line.length() + most - CUT.length() - ESCAPE_BYTES;
        for (int i = 0; i < text.length(); i++) {
            int c = text.charAt(i);
            if (line.length() > to) {
                line.putAscii(CUT);
                return;
            }
            if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
                line.put(c);
            } else {
                line.putAscii("\\x");
                digits(c, 2);
            }
        }
    }

    // ---- JSON (RFC 8259)

    private void json(ExchangeReport report) {
        line.putAscii("{\"time\":\"");
        iso.putWithMillis(line, clock.epochMillis());
        line.put('"');
        string("process", process, FIELD_BYTES);
        string("client", report.client().host(), FIELD_BYTES);
        number("port", report.client().port());
        string("method", report.method(), METHOD_BYTES);
        string("target", report.target(), TARGET_BYTES);
        string(
                "protocol",
                report.minorVersion() < 0 ? null : "HTTP/1." + report.minorVersion(),
                FIELD_BYTES);
        if (report.status() > 0) {
            number("status", report.status());
        } else {
            string("status", null, 0);
        }
        number("bytes", report.bytes());
        Fields fields = report.fields();
        string("referer", fields == null ? null : fields.first("Referer"), FIELD_BYTES);
        string("agent", fields == null ? null : fields.first("User-Agent"), FIELD_BYTES);
        name("duration_ms");
        Stamp.putMillis(line, report.durationNs());
        handler(report.handler());
        line.put('}');
    }

    private void handler(@Nullable HandlerEnd end) {
        if (end == null) {
            return;
        }
        number("pid", end.pid());
        string("exit", exitOf(end), FIELD_BYTES);
        if (end.cpuNs() >= 0) {
            name("cpu_ms");
            Stamp.putMillis(line, end.cpuNs());
        }
    }

    private void name(String name) {
        line.putAscii(",\"");
        line.putAscii(name);
        line.putAscii("\":");
    }

    private void number(String name, long value) {
        name(name);
        line.putDecimal(value);
    }

    private void string(String name, @Nullable String text, int most) {
        name(name);
        if (text == null) {
            line.putAscii("null");
            return;
        }
        line.put('"');
        int to = line.length() + most - CUT.length() - ESCAPE_BYTES;
        for (int i = 0; i < text.length() && line.length() <= to; i++) {
            int c = text.charAt(i);
            if (c == '"' || c == '\\') {
                line.put('\\');
                line.put(c);
            } else if (c >= ' ' && c < 0x7f) {
                line.put(c);
            } else {
                line.putAscii("\\u");
                digits(c, 4);
            }
        }
        if (line.length() > to) {
            line.putAscii(CUT);
        }
        line.put('"');
    }

    private void digits(int c, int count) {
        for (int shift = 4 * (count - 1); shift >= 0; shift -= 4) {
            line.put(Character.forDigit(c >> shift & 15, 16));
        }
    }

    // ---- the file

    void reopen(int fd) {
        writer.reopen(fd);
    }

    @Override
    public void close() {
        writer.close();
        long lost = writer.unwritten();
        if (lost > 0) {
            log.line(LogLevel.WARN, "access log", Log.lostLines(lost, writer.lostErrno()));
        }
    }

    private final class Watcher implements LogWriter.Watcher {
        @Override
        public void failing(int errno) {
            log.line(LogLevel.WARN, "access log", "cannot be written: " + Errno.describe(errno));
        }

        @Override
        public void lost(long lines, int errno) {
            log.line(LogLevel.WARN, "access log", Log.lostLines(lines, errno));
        }

        @Override
        public boolean awake() {
            return false;
        }
    }
}

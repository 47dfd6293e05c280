package caffeine.server.log;

import static caffeine.server.core.ServerEvents.STATUS_UNKNOWN;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Fields;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.HandlerEnd;
import caffeine.server.options.LogLevel;
import caffeine.server.options.LogOptions.AccessFormat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;

class AccessLogTest {

    private static final ClientAddress CLIENT =
            new ClientAddress(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 5000));

    /** Every byte there is, one character each. */
    private static final String ALL_BYTES = allBytes();

    private final LogPipe pipe = new LogPipe();
    private final LogPipe trouble = new LogPipe();

    @AfterEach
    void close() {
        pipe.close();
        trouble.close();
    }

    private static String allBytes() {
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 256; c++) {
            all.append(c);
        }
        return all.toString();
    }

    private static ExchangeReport report(
            @Nullable String method,
            @Nullable String target,
            int status,
            @Nullable HandlerEnd end,
            String... fields) {
        Fields list =
                new Fields() {
                    @Override
                    public int size() {
                        return fields.length / 2;
                    }

                    @Override
                    public String name(int i) {
                        return fields[2 * i];
                    }

                    @Override
                    public String value(int i) {
                        return fields[2 * i + 1];
                    }
                };
        return new ExchangeReport(CLIENT, method, target, 1, list, status, 16, 4_740_000, end);
    }

    private String line(AccessFormat format, ExchangeReport report) {
        long now = Instant.parse("2026-03-01T12:00:00.123Z").toEpochMilli();
        try (AccessLog access =
                new AccessLog(
                        pipe.newWriteFd(),
                        format,
                        "worker-1",
                        LogPipe.clock(() -> now, () -> 0),
                        trouble.log(LogLevel.INFO, () -> now))) {
            access.exchange(report);
        }
        return pipe.read();
    }

    @ParameterizedTest
    @EnumSource(AccessFormat.class)
    void isOneLineOfPrintableAsciiWhateverTheRequestHolds(AccessFormat format) {
        ExchangeReport hostile =
                report(
                        ALL_BYTES,
                        ALL_BYTES,
                        400,
                        null,
                        "User-Agent",
                        ALL_BYTES,
                        "Referer",
                        "\" 200 1\n1.2.3.4 - - \\");
        String line = line(format, hostile);
        assertThat(line).endsWith("\n");
        assertThat(line.strip().chars()).allMatch(c -> c >= ' ' && c < 0x7f);
    }

    @ParameterizedTest
    @EnumSource(AccessFormat.class)
    void fitsIntoAPipeAtOnceWhateverTheRequestHolds(AccessFormat format) {
        String longest = "\u00ff".repeat(32_000);
        ExchangeReport hostile =
                report(longest, longest, 400, null, "User-Agent", longest, "Referer", longest);
        String line = line(format, hostile);
        assertThat(line.length()).isLessThanOrEqualTo(4096);
        assertThat(line).endsWith(format == AccessFormat.JSON ? "}\n" : "cpu=-\n");
    }

    @Nested
    class Combined {
        private String combined(ExchangeReport report) {
            return line(AccessFormat.COMBINED, report);
        }

        @Test
        void hasWhatOthersHaveAndTheHandlersEnd() {
            ExchangeReport report =
                    report(
                            "GET",
                            "/a?b",
                            200,
                            new HandlerEnd(7, "exit 3", 1_200_000),
                            "referer",
                            "http://a.test/",
                            "user-agent",
                            "curl/8");
            assertThat(combined(report))
                    .isEqualTo(
                            "192.0.2.7 - - [01/Mar/2026:12:00:00 +0000] \"GET /a?b HTTP/1.1\" 200"
                                    + " 16 \"http://a.test/\" \"curl/8\" time=4.74ms exit=3"
                                    + " cpu=1.20ms\n");
        }

        @Test
        void hasADashForWhatNobodyKnows() {
            assertThat(combined(report("GET", "/", STATUS_UNKNOWN, null)))
                    .endsWith("\"GET / HTTP/1.1\" - 16 \"-\" \"-\" time=4.74ms exit=- cpu=-\n");
            assertThat(combined(report(null, null, 400, null))).contains("] \"-\" 400 16 ");
        }

        @Test
        void hasOneWordForAnEnd() {
            String signal = combined(report("GET", "/", 0, new HandlerEnd(7, "SIGKILL", -1)));
            assertThat(signal).endsWith("exit=SIGKILL cpu=-\n");
            String dumped =
                    combined(report("GET", "/", 0, new HandlerEnd(7, "SIGSEGV, core dumped", 0)));
            assertThat(dumped).endsWith("exit=SIGSEGV cpu=0.00ms\n");
            String unknown = combined(report("GET", "/", 0, new HandlerEnd(7, "exit unknown", -1)));
            assertThat(unknown).endsWith("exit=unknown cpu=-\n");
        }

        @Test
        void escapesQuotesAndBackslashes() {
            assertThat(combined(report("GET", "/\"\\\n\u00e9", 400, null)))
                    .contains("\"GET /\\x22\\x5c\\x0a\\xe9 HTTP/1.1\"");
        }
    }

    @Nested
    class Json {
        private String json(ExchangeReport report) {
            return line(AccessFormat.JSON, report);
        }

        @Test
        void isAnObject() {
            ExchangeReport report =
                    report(
                            "GET",
                            "/a?b",
                            200,
                            new HandlerEnd(7, "exit 3", 1_200_000),
                            "User-Agent",
                            "curl/8");
            assertThat(json(report))
                    .isEqualTo(
                            "{\"time\":\"2026-03-01T12:00:00.123Z\",\"process\":\"worker-1\",\"client\":\"192.0.2.7\",\"port\":5000,\"method\":\"GET\",\"target\":\"/a?b\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"bytes\":16,\"referer\":null,\"agent\":\"curl/8\",\"duration_ms\":4.74,\"pid\":7,\"exit\":\"3\",\"cpu_ms\":1.20}\n");
        }

        @Test
        void hasNullForWhatNobodyKnows() {
            assertThat(json(report(null, null, STATUS_UNKNOWN, null)))
                    .contains("\"method\":null,\"target\":null,", "\"status\":null,");
        }

        @Test
        void escapes() {
            assertThat(json(report("GET", "/\"\\\n\u00e9", 400, null)))
                    .contains("\"target\":\"/\\\"\\\\\\u000a\\u00e9\"");
        }
    }

    @Test
    void whatCannotBeWrittenIsToldElsewhere() {
        int full = caffeine.os.Files.open("/dev/full", caffeine.os.Files.O_WRONLY, 0);
        Log log = trouble.log(LogLevel.INFO, () -> 0);
        try (AccessLog access =
                new AccessLog(
                        full,
                        AccessFormat.COMBINED,
                        "worker-1",
                        LogPipe.clock(() -> 0, () -> 0),
                        log)) {
            access.exchange(report("GET", "/", 200, null));
            access.exchange(report("GET", "/", 200, null));
        }
        assertThat(trouble.read().lines().map(line -> line.substring(25)))
                .containsExactly(
                        "WARN  worker-1 access log: cannot be written: ENOSPC: No space left on"
                                + " device",
                        "WARN  worker-1 access log: 2 lines were not written: ENOSPC: No space left"
                                + " on device");
    }
}

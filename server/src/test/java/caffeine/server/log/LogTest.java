package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.server.options.LogLevel;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

class LogTest {

    private long epochMillis = Instant.parse("2026-03-01T12:00:00.123Z").toEpochMilli();
    private final LogPipe pipe = new LogPipe();
    private Log log = pipe.log(LogLevel.INFO, () -> epochMillis);

    @BeforeEach
    void debug() {
        log = pipe.log(LogLevel.DEBUG, () -> epochMillis);
    }

    @AfterEach
    void close() {
        pipe.close();
    }

    private String logged(String text) {
        log.line(LogLevel.INFO, text);
        return pipe.read().substring("2026-03-01T12:00:00.123Z INFO  worker-1 ".length());
    }

    @Nested
    class Lines {
        @Test
        void haveTimeLevelAndText() {
            log.line(LogLevel.INFO, "text");
            assertThat(pipe.read()).isEqualTo("2026-03-01T12:00:00.123Z INFO  worker-1 text\n");
            log.line(LogLevel.WARN, "part", "text");
            assertThat(pipe.read())
                    .isEqualTo("2026-03-01T12:00:00.123Z WARN  worker-1 part: text\n");
            log.line(LogLevel.DEBUG, "text");
            log.line(LogLevel.ERROR, "text");
            assertThat(pipe.read())
                    .isEqualTo(
                            """
                            2026-03-01T12:00:00.123Z DEBUG worker-1 text
                            2026-03-01T12:00:00.123Z ERROR worker-1 text
                            """);
        }

        @ParameterizedTest
        @CsvSource({
            "2026-03-01T12:00:00.999Z",
            "2026-03-01T12:00:01.000Z",
            "2026-03-01T23:59:59.007Z",
            "2026-03-02T00:00:00.000Z",
            "2028-02-29T00:00:00.050Z",
            "1969-12-31T23:59:59.999Z"
        })
        void haveTheTimeInUtc(String time) {
            epochMillis = Instant.parse(time).toEpochMilli();
            log.line(LogLevel.INFO, "x");
            assertThat(pipe.read()).isEqualTo(time + " INFO  worker-1 x\n");
        }

        @Test
        void belowTheLevelAreLeftOut() {
            Log strict = pipe.log(LogLevel.WARN, () -> epochMillis);
            strict.line(LogLevel.DEBUG, "no");
            strict.line(LogLevel.INFO, "no");
            strict.line(LogLevel.WARN, "yes");
            strict.line(LogLevel.ERROR, "yes");
            assertThat(pipe.read().lines()).hasSize(2).allMatch(line -> line.endsWith("yes"));
            assertThat(strict.isOn(LogLevel.INFO)).isFalse();
            assertThat(strict.isOn(LogLevel.WARN)).isTrue();
        }

        @Test
        void areCutWhenTheyAreTooLong() {
            String line = logged("x".repeat(100_000));
            assertThat(line.length()).isBetween(4000, 4096);
            assertThat(line).endsWith("x...\n");
            assertThat(logged("next")).isEqualTo("next\n");
            // However wide its characters.
            assertThat(logged("\u0001".repeat(100_000)).length()).isLessThan(4096);
        }
    }

    @Nested
    class Characters {
        @Test
        void thatControlAreEscaped() {
            assertThat(logged("a\r\nb\tc\0d\u001b[31me\u007f"))
                    .isEqualTo("a\\x0d\\x0ab\\x09c\\x00d\\x1b[31me\\x7f\n");
            assertThat(logged("\u0080\u0085\u009b\u009f")).isEqualTo("\\x80\\x85\\x9b\\x9f\n");
        }

        @Test
        void thatDeceiveAreEscaped() {
            assertThat(logged("a\u2028b\u2029c\u202ed\u2066e"))
                    .isEqualTo("a\\u2028b\\u2029c\\u202ed\\u2066e\n");
        }

        @Test
        void areUtf8Otherwise() {
            String text = " ~\u00a0é߿ࠀ世\uffff😀 \\x";
            assertThat(logged(text)).isEqualTo(text + "\n");
        }

        @Test
        void halvesAreEscaped() {
            assertThat(logged("a\ud83db")).isEqualTo("a\\ud83db\n");
            assertThat(logged("a\ude00")).isEqualTo("a\\ude00\n");
        }
    }

    @Test
    void otherProcessesHaveTheSameColumn() {
        int fd = pipe.newWriteFd();
        try (Log parent = Log.open("parent", LogLevel.INFO, LogPipe.clock(() -> 0, () -> 0), fd)) {
            parent.line(LogLevel.INFO, "x");
        }
        assertThat(pipe.read()).isEqualTo("1970-01-01T00:00:00.000Z INFO  parent   x\n");
    }

    @Test
    void linesOfSeveralThreadsDoNotMix() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String text = String.valueOf(i).repeat(50);
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int n = 0; n < 70; n++) {
                                            log.line(LogLevel.INFO, text);
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(pipe.read().lines())
                .hasSize(280)
                .allMatch(line -> line.matches(".* INFO  worker-1 (0+|1+|2+|3+)"));
    }
}

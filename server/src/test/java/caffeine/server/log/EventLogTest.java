package caffeine.server.log;

import static caffeine.server.core.ServerEvents.STATUS_NONE;
import static caffeine.server.core.ServerEvents.STATUS_UNKNOWN;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Errno;
import caffeine.server.core.ClientAddress;
import caffeine.server.core.ExchangeReport;
import caffeine.server.core.HandlerEnd;
import caffeine.server.core.ServerEvents;
import caffeine.server.options.LogLevel;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

class EventLogTest {

    private static final ClientAddress CLIENT =
            new ClientAddress(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 5000));

    private final LogPipe pipe = new LogPipe();
    private volatile long nowNs;
    private EventLog events = new EventLog(pipe.log(LogLevel.INFO, () -> 0, () -> nowNs), null);

    @AfterEach
    void close() {
        pipe.close();
    }

    private void debug() {
        events = new EventLog(pipe.log(LogLevel.DEBUG, () -> 0), null);
    }

    /** The lines since the last call, without their time. */
    private List<String> lines() {
        return pipe.read()
                .lines()
                .map(line -> line.substring(25).replaceFirst("worker-1 ", ""))
                .toList();
    }

    private void ended(
            @Nullable String method,
            @Nullable String target,
            int minorVersion,
            int status,
            long bytes,
            long durationNs,
            @Nullable HandlerEnd end) {
        events.exchangeEnded(
                new ExchangeReport(
                        CLIENT,
                        method,
                        target,
                        minorVersion,
                        null,
                        status,
                        bytes,
                        durationNs,
                        end));
    }

    @Nested
    class AccessLines {
        @Test
        void tellRequestStatusBytesAndTime() {
            ended("GET", "/a?b", 1, 200, 1234, 1_234_567, null);
            ended("PUT", "/", 0, 404, 0, 12_005_000_000L, new HandlerEnd(7, "exit 1", 1_500_000));
            assertThat(lines())
                    .containsExactly(
                            "INFO  192.0.2.7 \"GET /a?b HTTP/1.1\" 200 1234 1.23ms",
                            "INFO  192.0.2.7 \"PUT / HTTP/1.0\" 404 0 12005.00ms pid 7 exit 1 cpu"
                                    + " 1.50ms");
        }

        @Test
        void leaveOutWhatNobodyKnows() {
            ended("GET", "/", 1, STATUS_UNKNOWN, 5, 0, new HandlerEnd(7, "exit 0", -1));
            ended("GET", "/", 1, STATUS_NONE, 0, 0, null);
            ended(null, null, 1, 400, 16, -5, null);
            ended("GET", null, 1, 408, 0, 0, null);
            assertThat(lines())
                    .containsExactly(
                            "INFO  192.0.2.7 \"GET / HTTP/1.1\" - 5 0.00ms pid 7 exit 0",
                            "INFO  192.0.2.7 \"GET / HTTP/1.1\" - 0 0.00ms",
                            "INFO  192.0.2.7 \"-\" 400 16 0.00ms",
                            "INFO  192.0.2.7 \"GET - HTTP/1.1\" 408 0 0.00ms");
        }

        @Test
        void cannotBeForged() {
            ended("GET", "/\" 200 1 1ms\n1.2.3.4 \"GET", 1, 400, 16, 0, null);
            assertThat(lines())
                    .containsExactly(
                            "INFO  192.0.2.7 \"GET /\\x22 200 1 1ms\\x0a1.2.3.4 \\x22GET"
                                    + " HTTP/1.1\" 400 16 0.00ms");
        }

        @Test
        void areLeftOutAboveInfo() {
            events = new EventLog(pipe.log(LogLevel.WARN, () -> 0), null);
            ended("GET", "/", 1, 200, 5, 0, null);
            assertThat(lines()).isEmpty();
        }
    }

    @Nested
    class FailedConnections {
        @Test
        void areToldOnceASecondUnlessClientsEndThatWay() {
            for (int i = 0; i < 1000; i++) {
                events.connectionFailed(CLIENT, Errno.ENOMEM);
                events.connectionFailed(CLIENT, Errno.ECONNRESET);
                events.connectionFailed(CLIENT, Errno.EPIPE);
                events.connectionFailed(CLIENT, Errno.ETIMEDOUT);
                events.connectionFailed(CLIENT, 0);
            }
            assertThat(lines())
                    .containsExactly(
                            "WARN  connection: disconnected 192.0.2.7: ENOMEM: Cannot allocate"
                                    + " memory");
        }

        @Test
        void areAllToldWithDebug() {
            debug();
            events.connectionFailed(CLIENT, Errno.ECONNRESET);
            assertThat(lines())
                    .containsExactly(
                            "DEBUG connection: disconnected 192.0.2.7: ECONNRESET: Connection"
                                    + " reset by peer");
        }
    }

    @Nested
    class Limits {
        @Test
        void areToldOnceASecondWithoutDebug() {
            for (int i = 0; i < 1000; i++) {
                events.limitReached(CLIENT, "head deadline", "408");
            }
            assertThat(lines()).hasSize(1);
            events.limitReached(CLIENT, "max-queue", "503 for /x");
            assertThat(lines()).containsExactly("INFO  limit: max-queue reached: 503 for /x");
        }

        @Test
        void areAllToldWithDebug() {
            debug();
            events.limitReached(CLIENT, "max-queue", "503 for /x");
            assertThat(lines()).contains("DEBUG limit: max-queue for 192.0.2.7: 503 for /x");
        }
    }

    @Nested
    class Handlers {
        @Test
        void thatFailAreWarnings() {
            events.handlerFailed("/cgi-bin/x", "failed: pid 7, exit 1, after 5 ms");
            assertThat(lines())
                    .containsExactly("WARN  /cgi-bin/x: failed: pid 7, exit 1, after 5 ms");
        }

        @Test
        void thatFailAllTheTimeDoNotFloodTheLog() {
            for (int i = 0; i < 1000; i++) {
                events.handlerFailed("/cgi-bin/x", "failed");
                events.handlerSaid("/cgi-bin/x", "oops");
            }
            assertThat(lines()).hasSize(110);
        }

        @Test
        void thatEndWellAreToldWithDebugAlone() {
            events.handlerEnded("/x", 7, "exit 0", 1_500_000);
            assertThat(lines()).isEmpty();
            debug();
            events.handlerEnded("/x", 7, "exit 0", 1_500_000);
            assertThat(lines()).containsExactly("DEBUG /x: pid 7 exit 0 after 1.50ms");
        }

        @Test
        void mayNotWriteLinesOfTheirOwnMaking() {
            events.handlerSaid("/x", "oops\u001b[2J");
            assertThat(lines()).containsExactly("WARN  /x: stderr: oops\\x1b[2J");
        }
    }

    @Nested
    class Others {
        @Test
        void refusalsAreToldWithDebugAlone() {
            events.refused(CLIENT, 400, "RFC 9112 §5.1", "a space");
            assertThat(lines()).isEmpty();
            debug();
            events.refused(CLIENT, 400, "RFC 9112 §5.1", "a space");
            assertThat(lines())
                    .containsExactly("DEBUG 192.0.2.7 refused with 400: a space (RFC 9112 §5.1)");
        }

        @Test
        void ourMistakesAreErrorsOnOneLine() {
            events.mistake("handler", new IllegalStateException("two\nlines"));
            assertThat(lines())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "ERROR handler: java.lang.IllegalStateException: two\\x0alines at"
                                    + " caffeine.server.log.EventLogTest");
        }

        @Test
        void ourMistakesNameTheirRequest() {
            IOException cause = new IOException("disk");
            events.mistake("handler", "GET /a\"\n" + "b".repeat(1000), new Error("x", cause));
            assertThat(lines())
                    .singleElement()
                    .asString()
                    .startsWith("ERROR handler: \"GET /a\\x22\\x0a" + "b".repeat(248) + "...\": ")
                    .contains("\": java.lang.Error: x at caffeine.server.log.EventLogTest")
                    .contains("; caused by java.io.IOException: disk at caffeine.server.log.");
        }

        @Test
        void ourMistakesDoNotFloodTheLog() {
            for (int i = 0; i < 1000; i++) {
                events.mistake("handler", "GET /" + i, new IllegalStateException("x"));
            }
            assertThat(lines()).hasSize(10);
        }

        @Test
        void handlersThatAreTooSlowAreWarnings() {
            events.handlerTimedOut("GET /a\"b", 60_001_230_000L, 5000);
            events.handlerTimedOut("GET /", 60_000_000_000L, ServerEvents.NOTHING_SENT);
            assertThat(lines())
                    .containsExactly(
                            "WARN  handler: \"GET /a\\x22b\" was cut after 5000 bytes of content,"
                                    + " since the handler took too long (Deadlines.handlerNs):"
                                    + " 60001.23ms",
                            "WARN  handler: \"GET /\" was answered 504, since the handler took too"
                                    + " long (Deadlines.handlerNs): 60000.00ms");
        }

        @Test
        void warningsAndNotesKeepTheirLevel() {
            debug();
            events.warning("worker 1", "careful");
            events.debug("worker 1", "by the way");
            assertThat(lines())
                    .containsExactly("WARN  worker 1: careful", "DEBUG worker 1: by the way");
        }
    }
}

package caffeine.bench.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import caffeine.bench.host.Cleanup;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

class LoaderTest {

    @Nested
    class ItsReport {

        @Test
        void isReadInItsUnits() {
            Loader.Report report =
                    Loader.Report.parse(
                            "requests 3000 failed 0 nanos 1500000000 p50 640 p99 12000 p999"
                                    + " 15000 cpu 300000");
            assertThat(report.result().requests()).isEqualTo(3000);
            assertThat(report.result().perSecond()).isCloseTo(2000, within(1e-9));
            assertThat(report.result().p50Millis()).isCloseTo(0.64, within(1e-9));
            assertThat(report.result().p99Millis()).isCloseTo(12, within(1e-9));
            assertThat(report.result().failures()).isEmpty();
            assertThat(report.p999Millis()).isCloseTo(15, within(1e-9));
            assertThat(report.clientCpuMicros()).isEqualTo(300_000);
        }

        @Test
        void saysWhatFailed() {
            LoadResult result =
                    Loader.Report.parse("requests 0 failed 7 nanos 1 p50 0 p99 0 p999 0 cpu 1")
                            .result();
            assertThat(result.failed()).isEqualTo(7);
            assertThat(result.failures()).isEqualTo("7 were never answered");
            assertThat(result.p50Millis()).isNaN();
        }

        @Test
        void isNothingElse() {
            assertThatThrownBy(() -> Loader.Report.parse("connect: Connection refused"))
                    .hasMessageContaining("Connection refused");
        }
    }

    /** The program itself, beside a server that counts. */
    @Nested
    class Asking {
        private static final long PAUSE_NS = 1_000_000_000L;

        private static final String ANSWER =
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: x\r\n"
                        + "Content-Length: 13\r\n\r\nHello, World!";

        private final AtomicInteger connections = new AtomicInteger();
        private final AtomicLong asked = new AtomicLong();
        private volatile long pauseAt;
        private ServerSocket listener;
        private Cleanup cleanup;
        private Loader loader;

        @BeforeEach
        void compile() throws IOException, InterruptedException {
            listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
            cleanup = new Cleanup();
            assumeTrue(Loader.canCompile(), "no C compiler");
            loader = Loader.http(Path.of(".."), cleanup);
        }

        @AfterEach
        void close() throws IOException {
            listener.close();
            cleanup.close();
        }

        @Test
        void countsEachAnswerOnce() throws IOException, InterruptedException {
            answerWith(ANSWER, Long.MAX_VALUE);
            try (Loader.Loading loading = loader.connect(listener.getLocalPort(), 3, 4)) {
                assertThat(connections).hasValue(3);
                assertThat(asked).hasValue(3);
                LoadResult first = loading.run(Duration.ofSeconds(2)).result();
                LoadResult second = loading.run(Duration.ofSeconds(2)).result();
                assertThat(first.requests()).isPositive();
                assertThat(first.requests() % 4).isZero();
                assertThat(first.requests() + second.requests() + 3).isEqualTo(asked.get());
                assertThat(first.failed() + second.failed()).isZero();
                assertThat(connections).hasValue(3);
            }
        }

        @Test
        void asksAtARateThatTheServerDoesNotSet() throws IOException, InterruptedException {
            answerWith(ANSWER, Long.MAX_VALUE);
            try (Loader.Loading loading = loader.connect(listener.getLocalPort(), 2, 1)) {
                Loader.Report report = loading.runAtRate(Duration.ofSeconds(2), 100);
                assertThat(report.result().requests()).isEqualTo(200);
                assertThat(asked).hasValue(202);
                assertThat(report.p999Millis()).isGreaterThanOrEqualTo(report.result().p50Millis());
            }
        }

        /** Coordinated omission would see one slow answer on each connection. */
        @Test
        void chargesAPauseOfTheServerToAllThatWereDueInIt()
                throws IOException, InterruptedException {
            pauseAt = 50;
            answerWith(ANSWER, Long.MAX_VALUE);
            try (Loader.Loading loading = loader.connect(listener.getLocalPort(), 1, 1)) {
                LoadResult result = loading.runAtRate(Duration.ofSeconds(2), 100).result();
                assertThat(result.requests()).isEqualTo(200);
                // The pause of a second held up a hundred requests, by half a second on average.
                assertThat(result.p99Millis()).isGreaterThan(900);
            }
        }

        @Test
        void opensANewConnectionForEachRequest() throws IOException, InterruptedException {
            answerWith(ANSWER, 1);
            try (Loader.Loading loading = loader.connect(listener.getLocalPort(), 3, 0)) {
                LoadResult result = loading.run(Duration.ofSeconds(1)).result();
                assertThat(result.failed()).isZero();
                assertThat(result.requests()).isGreaterThan(3);
                assertThat(asked).hasValue(result.requests() + 1);
                assertThat(connections).hasValue((int) result.requests() + 1);
            }
        }

        @Test
        void noticesAServerThatHangsUp() throws IOException, InterruptedException {
            answerWith(ANSWER, 3);
            try (Loader.Loading loading = loader.connect(listener.getLocalPort(), 2, 1)) {
                LoadResult result = loading.run(Duration.ofSeconds(2)).result();
                assertThat(result.failed()).isPositive();
                assertThat(connections.get()).isGreaterThan(2);
            }
        }

        @Test
        void refusesAnotherAnswer() {
            answerWith(ANSWER.replace("World", "Wurld"), Long.MAX_VALUE);
            assertThatThrownBy(() -> loader.connect(listener.getLocalPort(), 1, 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("not the answer");
        }

        @Test
        void refusesAnAnswerWithoutDate() {
            answerWith(ANSWER.replace("Date", "Data"), Long.MAX_VALUE);
            assertThatThrownBy(() -> loader.connect(listener.getLocalPort(), 1, 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("without date");
        }

        /** Closes a connection after so many answers. */
        private void answerWith(String answer, long times) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                while (!listener.isClosed()) {
                                    try {
                                        Socket socket = listener.accept();
                                        connections.incrementAndGet();
                                        Thread.ofVirtual()
                                                .start(() -> serve(socket, answer, times));
                                    } catch (IOException _) {
                                        return;
                                    }
                                }
                            });
        }

        private void serve(Socket socket, String answer, long times) {
            try (socket) {
                BufferedReader reader =
                        new BufferedReader(
                                new InputStreamReader(
                                        socket.getInputStream(), StandardCharsets.ISO_8859_1));
                OutputStream out = socket.getOutputStream();
                long answered = 0;
                for (String line = reader.readLine();
                        line != null && answered < times;
                        line = reader.readLine()) {
                    if (line.isEmpty()) {
                        if (asked.incrementAndGet() == pauseAt) {
                            LockSupport.parkNanos(PAUSE_NS);
                        }
                        answered++;
                        out.write(answer.getBytes(StandardCharsets.ISO_8859_1));
                        if (answered == times) {
                            return; // it does not wait for another request
                        }
                    }
                }
            } catch (IOException _) {
                // The loader has gone.
            }
        }
    }
}

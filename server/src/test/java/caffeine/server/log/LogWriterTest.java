package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import caffeine.os.Descriptors;
import caffeine.os.Errno;
import caffeine.os.Files;
import caffeine.server.loop.Clock;
import caffeine.server.testing.ManualClock;
import caffeine.server.testing.NoLeaks;
import caffeine.server.testing.Until;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

@ExtendWith(NoLeaks.class)
class LogWriterTest {

    private final LogPipe pipe = new LogPipe();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final ManualClock clock = new ManualClock();
    private final LogWriter writer = writer(pipe.newWriteFd());

    @TempDir Path folder = Path.of("");

    @AfterEach
    void close() {
        writer.close();
        pipe.close();
    }

    private LogWriter writer(int fd) {
        return new LogWriter(fd, watcher(), Clock.SYSTEM);
    }

    private LogWriter.Watcher watcher() {
        return new LogWriter.Watcher() {
            @Override
            public void failing(int errno) {
                told.add("failing " + Errno.name(errno));
            }

            @Override
            public void lost(long lines, int errno) {
                told.add(lines + " lost " + (errno == 0 ? "" : Errno.name(errno)));
            }

            @Override
            public boolean awake() {
                return false;
            }
        };
    }

    private static void say(LogWriter to, String line) {
        byte[] bytes = (line + "\n").getBytes(US_ASCII);
        to.line(bytes, 0, bytes.length);
    }

    private int newFile(String name) {
        return Files.open(
                folder.resolve(name).toString(),
                Files.O_WRONLY | Files.O_APPEND | Files.O_CREAT,
                0600);
    }

    private List<String> lines(String name) throws IOException {
        return java.nio.file.Files.readAllLines(folder.resolve(name));
    }

    /** A reader that has gone to sleep: nobody waits for it, and what is lost is counted. */
    @Test
    void whatAStoppedReaderDoesNotTakeIsCounted() {
        String line = "x".repeat(1000);
        int said = 2000;
        for (int i = 0; i < said; i++) {
            say(writer, line);
        }
        StringBuilder all = new StringBuilder();
        while (told.isEmpty()) {
            all.append(pipe.read());
        }
        int lost = Integer.parseInt(told.getFirst().replace(" lost ", ""));
        while (all.length() < (said - lost) * 1001) {
            all.append(pipe.read());
        }
        assertThat(all.toString().lines()).hasSize(said - lost).containsOnly(line);
        assertThat(said - lost).isBetween(LogWriter.WAITING_BYTES / 1001, said - 1);
        say(writer, "next");
        writer.awaitWritten();
        assertThat(pipe.read()).isEqualTo("next\n");
    }

    @Test
    void theEndDoesNotWaitForAStoppedReader() {
        for (int i = 0; i < 200; i++) {
            say(writer, "x".repeat(1000));
        }
        writer.close();
        // A pipe holds 64 KiB (man 7 pipe).
        assertThat(writer.unwritten()).isBetween(100L, 200L);
        int[] taken = {0};
        Until.holds(
                "the writer gets on",
                () -> {
                    taken[0] += pipe.read().length();
                    return taken[0] > 60_000;
                });
    }

    @Test
    void anErrorIsToldOnceAndTheLossAfterIt() throws IOException {
        LogWriter full = writer(Files.open("/dev/full", Files.O_WRONLY, 0));
        say(full, "one");
        full.awaitWritten();
        say(full, "two");
        full.awaitWritten();
        assertThat(told).containsExactly("failing ENOSPC");
        full.reopen(newFile("log"));
        say(full, "three");
        full.close();
        assertThat(told).containsExactly("failing ENOSPC", "2 lost ENOSPC");
        assertThat(lines("log")).endsWith("three");
    }

    @Test
    void noLineIsLostWhereverItGoes() throws IOException {
        LogWriter file = writer(newFile("0"));
        int files = 20;
        for (int i = 1; i <= files; i++) {
            for (int n = 0; n < 100; n++) {
                say(file, i + " " + n);
            }
            file.reopen(newFile(Integer.toString(i)));
        }
        file.close();
        List<String> all = new ArrayList<>();
        for (int i = 0; i <= files; i++) {
            all.addAll(lines(Integer.toString(i)));
        }
        assertThat(all).hasSize(files * 100).doesNotHaveDuplicates();
        assertThat(told).isEmpty();
    }

    /** No thread to be had, as where a user may have no more: who serves does not notice. */
    @Test
    void linesWaitForAThread() throws IOException {
        Threadless late = new Threadless("late", 2);
        for (int i = 1; i <= 5; i++) {
            say(late, "line " + i);
            clock.advance(500_000_000);
        }
        assertThat(late.starts).as("with lines 1, 3 and 5").isEqualTo(3);
        late.close();
        assertThat(lines("late")).containsExactly("line 1", "line 2", "line 3", "line 4", "line 5");
        assertThat(told).isEmpty();
    }

    @Test
    void withoutAThreadTheEndSaysWhatWasNotWritten() throws IOException {
        LogWriter never = new Threadless("never", Integer.MAX_VALUE);
        say(never, "one");
        say(never, "two");
        never.close();
        assertThat(never.unwritten()).isEqualTo(2);
        assertThat(lines("never")).isEmpty();
    }

    /** A writer that gets no thread when it first wants one. */
    private final class Threadless extends LogWriter {
        private final int failures;
        int starts;

        Threadless(String file, int failures) {
            super(newFile(file), watcher(), clock);
            this.failures = failures;
        }

        @Override
        void start(Thread made) {
            if (++starts <= failures) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            super.start(made);
        }
    }

    /** Several writers of one file, as several processes are: no line within another. */
    @Test
    void linesOfSeveralDoNotMix() throws Exception {
        List<LogWriter> writers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            LogWriter each = writer(newFile("shared"));
            String line = Integer.toString(i).repeat(300 + i);
            writers.add(each);
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        for (int n = 0; n < 500; n++) {
                                            say(each, line);
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        writers.forEach(LogWriter::close);
        assertThat(lines("shared")).hasSize(2000).allMatch(line -> line.matches("(.)\\1{299,302}"));
    }

    @Test
    void aStandardErrorThatIsNonBlockingLosesNothing() {
        int fd = pipe.newWriteFd();
        Descriptors.setNonBlocking(fd, true);
        LogWriter other = writer(fd);
        for (int i = 0; i < 300; i++) {
            say(other, "x".repeat(1000));
        }
        StringBuilder all = new StringBuilder();
        while (all.length() < 300 * 1001) {
            all.append(pipe.read());
        }
        other.close();
        assertThat(told).isEmpty();
    }
}

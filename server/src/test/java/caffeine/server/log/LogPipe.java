package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.server.loop.Clock;
import caffeine.server.options.LogLevel;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Where a log writes in a test. */
final class LogPipe implements AutoCloseable {

    private final int[] ends = new int[2];
    private final List<Log> logs = new ArrayList<>();
    private final MemorySegment memory = Arena.ofAuto().allocate(64 * 1024);

    LogPipe() {
        assertThat(Descriptors.pipe2(ends, 0)).isZero();
    }

    /** A log of {@code worker-1}, at that time. */
    Log log(LogLevel least, LongSupplier epochMillis) {
        return log(least, epochMillis, () -> 0);
    }

    Log log(LogLevel least, LongSupplier epochMillis, LongSupplier nanoTime) {
        Log log = Log.open("worker-1", least, clock(epochMillis, nanoTime), newWriteFd());
        logs.add(log);
        return log;
    }

    static Clock clock(LongSupplier epochMillis, LongSupplier nanoTime) {
        return new Clock() {
            @Override
            public long nanoTime() {
                return nanoTime.getAsLong();
            }

            @Override
            public long epochMillis() {
                return epochMillis.getAsLong();
            }
        };
    }

    /** Another descriptor to write here, the caller's. */
    int newWriteFd() {
        return Descriptors.dup(ends[1], 3);
    }

    int available() {
        return Descriptors.available(ends[0]);
    }

    /** What was written since the last call. */
    String read() {
        logs.forEach(Log::awaitWritten);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (available() > 0) {
            long count = Descriptors.read(ends[0], memory, 0, memory.byteSize());
            bytes.writeBytes(memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        logs.forEach(Log::close);
        Descriptors.close(ends[0]);
        Descriptors.close(ends[1]);
    }
}

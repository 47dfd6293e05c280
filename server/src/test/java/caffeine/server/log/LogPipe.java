package caffeine.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;
import caffeine.server.LogLevel;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;

/** Where a log writes in a test. */
final class LogPipe implements AutoCloseable {

    private final int[] ends = new int[2];
    private final MemorySegment memory = Arena.ofAuto().allocate(64 * 1024);

    LogPipe() {
        assertThat(Descriptors.pipe2(ends, 0)).isZero();
    }

    Log log(LogLevel least, LongSupplier epochMillis, boolean collects) {
        return new Log(ends[1], least, epochMillis, collects);
    }

    int writeFd() {
        return ends[1];
    }

    int available() {
        return Descriptors.available(ends[0]);
    }

    /** What was written since the last call. */
    String read() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (available() > 0) {
            long count = Descriptors.read(ends[0], memory, 0, memory.byteSize());
            bytes.writeBytes(memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        Descriptors.close(ends[0]);
        Descriptors.close(ends[1]);
    }
}

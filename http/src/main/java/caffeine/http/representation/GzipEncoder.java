package caffeine.http.representation;

import caffeine.http.OutputBuffer;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * The coding gzip (RFC 1952) for content as it comes. What was written can be flushed, so that the
 * other side can decode all of it. One holds some 260 KiB of native memory until it is closed, so
 * their number in a process is limited.
 *
 * <pre>{@code
 * try (GzipEncoder encoder = GzipEncoder.open()) {
 *     encoder.write(bytes, 0, bytes.length, sink);
 *     encoder.finish(sink);
 * }
 * }</pre>
 */
public final class GzipEncoder implements AutoCloseable {

    /** Receives coded bytes. */
    @FunctionalInterface
    public interface Sink {

        /** Takes the bytes from {@code from} to before {@code to}, during this call. */
        void coded(byte[] bytes, int from, int to);
    }

    /** Together they hold at most 64 MiB. */
    private static final int MOST_OPEN = 256;

    /** The best of the levels that take little time, because a loop waits. */
    private static final int LEVEL = 3;

    private static final boolean RAW = true;
    private static final int OUTPUT_BYTES = 8 * 1024;
    private static final byte[] NOTHING = {};
    private static final AtomicInteger OPEN = new AtomicInteger();

    /** Without a name and a time, from an unknown system (RFC 1952 §2.3). */
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    private final Deflater deflater = new Deflater(LEVEL, RAW);
    private final CRC32 checksum = new CRC32();
    private final byte[] output = new byte[OUTPUT_BYTES];
    private boolean begun;
    private boolean closed;

    private GzipEncoder() {}

    /** A new one; null when there are too many. */
    public static @Nullable GzipEncoder open() {
        if (OPEN.incrementAndGet() > MOST_OPEN) {
            OPEN.decrementAndGet();
            return null;
        }
        return new GzipEncoder();
    }

    /** Codes content that is complete; null when there are too many encoders. */
    public static byte @Nullable [] encode(byte[] content) {
        try (GzipEncoder encoder = open()) {
            if (encoder == null) {
                return null;
            }
            OutputBuffer all = new OutputBuffer(content.length / 2);
            encoder.write(content, 0, content.length, all::put);
            encoder.finish(all::put);
            return all.toByteArray();
        }
    }

    /** Takes content; some of it may stay here. */
    public void write(byte[] bytes, int from, int to, Sink sink) {
        checksum.update(bytes, from, to - from);
        deflater.setInput(bytes, from, to - from);
        deflate(Deflater.NO_FLUSH, sink);
        deflater.setInput(NOTHING); // forgets the array of the caller
    }

    /** Like {@link #write(byte[], int, int, Sink)}, by absolute indexes. */
    public void write(ByteBuffer bytes, int from, int to, Sink sink) {
        ByteBuffer part = bytes.slice(from, to - from);
        checksum.update(part.duplicate());
        deflater.setInput(part);
        deflate(Deflater.NO_FLUSH, sink);
        deflater.setInput(NOTHING);
    }

    /** Gives out all that was written. */
    public void flush(Sink sink) {
        deflate(Deflater.SYNC_FLUSH, sink);
    }

    /** Ends the coded content. */
    public void finish(Sink sink) {
        deflater.finish();
        deflate(Deflater.NO_FLUSH, sink);
        byte[] trailer = new byte[2 * Integer.BYTES];
        putLittleEndian(trailer, 0, (int) checksum.getValue());
        putLittleEndian(trailer, Integer.BYTES, (int) deflater.getBytesRead());
        sink.coded(trailer, 0, trailer.length);
    }

    private static void putLittleEndian(byte[] to, int at, int value) {
        for (int i = 0; i < Integer.BYTES; i++) {
            to[at + i] = (byte) (value >>> (8 * i));
        }
    }

    private void deflate(int flush, Sink sink) {
        if (!begun) {
            begun = true;
            sink.coded(HEADER, 0, HEADER.length);
        }
        int count;
        do {
            count = deflater.deflate(output, 0, output.length, flush);
            if (count > 0) {
                sink.coded(output, 0, count);
            }
        } while (count == output.length); // else there is no more (zlib.h, deflate)
    }

    /** Frees its memory. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            deflater.end();
            OPEN.decrementAndGet();
        }
    }
}

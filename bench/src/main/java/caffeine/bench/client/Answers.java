package caffeine.bench.client;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The HTTP/1.1 responses that come on one connection, one after the other. */
public final class Answers {
    private static final int BLOCK_BYTES = 16 * 1024;

    private final InputStream in;
    private final byte[] block = new byte[BLOCK_BYTES];
    private long bytes;
    private long begun;

    /** The responses in this stream; caller keeps ownership. */
    public Answers(InputStream in) {
        this.in = in;
    }

    /**
     * A response whose content has been read.
     *
     * @param statusLine without its line end
     * @param fields its field lines, as they came
     * @param contentBytes how much content came
     * @param closes whether the connection ends with it
     */
    public record Answer(
            String statusLine, List<String> fields, long contentBytes, boolean closes) {

        /** Its status code. */
        public int status() {
            return Integer.parseInt(statusLine.substring(9, 12));
        }
    }

    /**
     * Reads a response to its end.
     *
     * @param sink gets its content, transfer coding removed
     * @throws EOFException when the connection ends before it
     */
    public Answer next(OutputStream sink) throws IOException {
        begun = bytes;
        String statusLine = line();
        if (!statusLine.matches("HTTP/1\\.[01] [0-9]{3}( .*)?")) {
            throw new IOException("no status line: " + statusLine);
        }
        List<String> fields = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            fields.add(line);
        }
        long length = field(fields, "content-length").map(Long::parseLong).orElse(-1L);
        boolean chunked = field(fields, "transfer-encoding").isPresent();
        String connection = field(fields, "connection").orElse("");
        boolean closes =
                connection.contains("close")
                        || (statusLine.startsWith("HTTP/1.0")
                                && !connection.contains("keep-alive"));
        long contentBytes = chunked ? chunks(sink) : length >= 0 ? copy(length, sink) : rest(sink);
        return new Answer(
                statusLine, List.copyOf(fields), contentBytes, closes || (!chunked && length < 0));
    }

    /** How many bytes of the response that is being read, or was read last, have come. */
    public long bytesOfThis() {
        return bytes - begun;
    }

    /** How many bytes have come in all. */
    public long bytes() {
        return bytes;
    }

    private static Optional<String> field(List<String> fields, String name) {
        return fields.stream()
                .map(line -> line.toLowerCase(Locale.ROOT))
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst();
    }

    private long chunks(OutputStream sink) throws IOException {
        long all = 0;
        while (true) {
            String size = line();
            int end = size.indexOf(';');
            long chunk = Long.parseLong(end < 0 ? size : size.substring(0, end), 16);
            if (chunk == 0) {
                while (!line().isEmpty()) {
                    // The trailer section.
                }
                return all;
            }
            all += copy(chunk, sink);
            String after = line();
            if (!after.isEmpty()) {
                throw new IOException("a chunk is longer than its size: " + after);
            }
        }
    }

    private long copy(long length, OutputStream sink) throws IOException {
        for (long left = length; left > 0; ) {
            int count = in.read(block, 0, (int) Math.min(left, BLOCK_BYTES));
            if (count < 0) {
                throw ended();
            }
            bytes += count;
            left -= count;
            sink.write(block, 0, count);
        }
        return length;
    }

    private long rest(OutputStream sink) throws IOException {
        long all = 0;
        for (int count; (count = in.read(block)) >= 0; all += count) {
            bytes += count;
            sink.write(block, 0, count);
        }
        return all;
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw ended();
            }
            bytes++;
            line.write(b);
        }
        bytes++;
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    private EOFException ended() {
        return new EOFException("the connection ended in the answer");
    }
}

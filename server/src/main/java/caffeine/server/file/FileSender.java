package caffeine.server.file;

import caffeine.http.ResponseHead;
import caffeine.server.core.Exchange;
import caffeine.server.core.ExchangeListener;
import caffeine.server.core.PreparedResponse;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends parts of one file as a response. The last bytes of a file are read and then sent only if
 * the file is still the same, so that a response with bytes of two versions is never complete. (The
 * bytes before them may still wait in the kernel, which has them from the file: a program that
 * writes to a file in place, instead of renaming a new one over it, can still change those.)
 */
final class FileSender implements ExchangeListener {

    /** The bytes that are sent after the check. */
    private static final int TAIL_BYTES = 4 * 1024;

    /**
     * A part.
     *
     * @param head bytes before it
     * @param length 0: none
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Part(byte[] head, long first, long length) {

        long total() {
            return head.length + length;
        }
    }

    private final Exchange exchange;
    private final ResponseHead head;
    private final List<Part> parts = new ArrayList<>(1);

    /** The index of the last part with bytes of the file. */
    private int last;

    /** While the client takes the bytes before the tail. */
    private @Nullable OpenFile file;

    FileSender(Exchange exchange, ResponseHead head) {
        this.exchange = exchange;
        this.head = head;
    }

    /**
     * Adds a part.
     *
     * @param before bytes that are sent before it
     * @param length of the range; 0 for none
     */
    FileSender add(byte[] before, long first, long length) {
        last = length > 0 || parts.isEmpty() ? parts.size() : last;
        parts.add(new Part(before, first, length));
        return this;
    }

    /** Sends the parts of a file that is in memory. */
    ExchangeListener begin(PreparedResponse content) {
        exchange.respond(head, total());
        for (Part part : parts) {
            exchange.write(part.head, 0, part.head.length);
            content.writeContent(exchange, (int) part.first, (int) (part.first + part.length));
        }
        exchange.finish();
        return IGNORING;
    }

    /**
     * Sends the parts of an open file; takes ownership of it.
     *
     * @return null when the file has changed, and nothing was sent
     */
    @Nullable ExchangeListener begin(OpenFile source) {
        try {
            if (total() <= TAIL_BYTES) {
                return beginSmall(source);
            }
            exchange.respond(head, total());
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                if (i > last) {
                    break; // behind the tail
                }
                exchange.write(part.head, 0, part.head.length);
                long length = part.length - (i == last ? tailBytes() : 0);
                if (length > 0) {
                    exchange.write(source.range(part.first, length));
                }
            }
            exchange.awaitRoom();
            file = source;
            return this;
        } finally {
            if (file == null) {
                source.close();
            }
        }
    }

    /** From memory, so that a change is found before the head is sent. */
    private @Nullable ExchangeListener beginSmall(OpenFile source) {
        List<byte[]> contents = new ArrayList<>(parts.size());
        for (Part part : parts) {
            byte[] content = read(source, part.first, (int) part.length);
            if (content == null) {
                return null;
            }
            contents.add(content);
        }
        exchange.respond(head, total());
        for (int i = 0; i < parts.size(); i++) {
            byte[] before = parts.get(i).head;
            exchange.write(before, 0, before.length);
            exchange.write(contents.get(i), 0, contents.get(i).length);
        }
        exchange.finish();
        return IGNORING;
    }

    /** Null when the file has changed, or cannot be read. */
    private static byte @Nullable [] read(OpenFile source, long position, int length) {
        try {
            return source.read(position, length);
        } catch (IOException _) {
            return null;
        }
    }

    private long total() {
        return parts.stream().mapToLong(Part::total).sum();
    }

    private int tailBytes() {
        return (int) Math.min(parts.get(last).length, TAIL_BYTES);
    }

    /** The client has taken everything before the tail. */
    @Override
    public void writable() {
        OpenFile source = file;
        if (source == null || exchange.isDone()) {
            return;
        }
        Part part = parts.get(last);
        int bytes = tailBytes();
        byte[] tail = read(source, part.first + part.length - bytes, bytes);
        close();
        if (tail == null) {
            exchange.fail();
            return;
        }
        exchange.write(tail, 0, tail.length);
        if (last < parts.size() - 1) {
            byte[] end = parts.getLast().head;
            exchange.write(end, 0, end.length);
        }
        exchange.finish();
    }

    @Override
    public void content(byte[] bytes, int from, int to) {}

    @Override
    public void end() {}

    @Override
    public void abandoned() {
        close();
    }

    private void close() {
        OpenFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}

package caffeine.server.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;

/**
 * Bytes that the kernel would not take yet, in order, in segments that double from 4 KiB to 64 KiB
 * as more of them wait.
 */
final class SendQueue {

    private static final int FIRST_BYTES = 4 * 1024;
    private static final int LARGEST_BYTES = 64 * 1024;

    private final ArrayDeque<byte[]> segments = new ArrayDeque<>();
    private int firstFrom;
    private int lastTo;
    private long bytes;

    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return bytes == 0;
    }

    void add(MemorySegment source, long offset, long length) {
        long from = offset;
        long left = length;
        while (left > 0) {
            byte[] segment = segmentWithRoom();
            int count = (int) Math.min(left, segment.length - lastTo);
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, segment, lastTo, count);
            lastTo += count;
            bytes += count;
            from += count;
            left -= count;
        }
    }

    private byte[] segmentWithRoom() {
        byte[] last = segments.peekLast();
        if (last == null || lastTo == last.length) {
            int size = last == null ? FIRST_BYTES : Math.min(2 * last.length, LARGEST_BYTES);
            last = new byte[size];
            segments.add(last);
            lastTo = 0;
        }
        return last;
    }

    /** Copies the first bytes without taking them away; returns how many. */
    int peek(MemorySegment target, int capacity) {
        int copied = 0;
        int from = firstFrom;
        long left = bytes;
        for (byte[] segment : segments) {
            int count = (int) Math.min(Math.min(segment.length - from, left), capacity - copied);
            MemorySegment.copy(segment, from, target, ValueLayout.JAVA_BYTE, copied, count);
            copied += count;
            left -= count;
            from = 0;
            if (copied == capacity || left == 0) {
                break;
            }
        }
        return copied;
    }

    /** Takes bytes away that the kernel has now. */
    void remove(long count) {
        bytes -= count;
        long left = count;
        while (left > 0) {
            int here = segments.element().length - firstFrom;
            if (left < here) {
                firstFrom += (int) left;
                return;
            }
            left -= here;
            firstFrom = 0;
            segments.remove();
        }
        if (bytes == 0) {
            clear();
        }
    }

    void clear() {
        segments.clear();
        firstFrom = 0;
        lastTo = 0;
        bytes = 0;
    }
}

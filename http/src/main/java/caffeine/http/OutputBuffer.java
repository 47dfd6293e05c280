package caffeine.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array of bytes, in which output is put together. Not thread-safe. */
public final class OutputBuffer {
    private static final byte[] DIGIT_PAIRS = digitPairs();
    private static final byte[] HEX_DIGITS =
            "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);
    private static final int MOST_DECIMAL_DIGITS = 20;
    private static final int MOST_HEX_DIGITS = 16;

    private byte[] bytes;
    private int length;

    /** An empty buffer with room for 512 bytes. */
    public OutputBuffer() {
        this(512);
    }

    /** An empty buffer with room for that many bytes. */
    public OutputBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    /** Puts the low eight bits of {@code b}. */
    public void put(int b) {
        reserve(1);
        bytes[length++] = (byte) b;
    }

    /** Puts all of {@code source}. */
    public void put(byte[] source) {
        put(source, 0, source.length);
    }

    /** Puts the bytes from {@code from} to before {@code to}. */
    public void put(byte[] source, int from, int to) {
        reserve(to - from);
        System.arraycopy(source, from, bytes, length, to - from);
        length += to - from;
    }

    /** Puts a text known to be ASCII. */
    public void putAscii(String text) {
        putLatin1(text);
    }

    /** Puts a byte for each character; only those up to U+00FF come out as they are. */
    @SuppressWarnings("deprecation") // the only way to copy characters to bytes directly
    public void putLatin1(String text) {
        reserve(text.length());
        text.getBytes(0, text.length(), bytes, length);
        length += text.length();
    }

    /** Puts carriage return and line feed. */
    public void putLineEnd() {
        reserve(2);
        bytes[length] = '\r';
        bytes[length + 1] = '\n';
        length += 2;
    }

    /** Puts a number in decimal digits, with a sign when it is negative. */
    public void putDecimal(long value) {
        reserve(MOST_DECIMAL_DIGITS);
        if (value < 0) {
            putLatin1(Long.toString(value));
            return;
        }
        int digits = decimalDigits(value);
        int at = length + digits;
        long rest = value;
        while (rest >= 10) {
            int pair = (int) (rest % 100) * 2;
            bytes[--at] = DIGIT_PAIRS[pair + 1];
            bytes[--at] = DIGIT_PAIRS[pair];
            rest /= 100;
        }
        if (at > length) {
            bytes[length] = (byte) ('0' + rest);
        }
        length += digits;
    }

    /** Puts an unsigned number in hexadecimal digits, without leading zeros. */
    public void putHex(long value) {
        reserve(MOST_HEX_DIGITS);
        int digits = Math.max(1, (67 - Long.numberOfLeadingZeros(value)) / 4);
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
            bytes[length++] = HEX_DIGITS[(int) (value >>> shift) & 0xF];
        }
    }

    /** Empties the buffer and keeps its capacity. */
    public void clear() {
        length = 0;
    }

    /** The bytes themselves, valid until the next one is put. */
    public byte[] array() {
        return bytes;
    }

    /** How many bytes were put. */
    public int length() {
        return length;
    }

    /** A copy of what was put. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** The contents, a character for each byte: for logs and tests. */
    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private void reserve(int count) {
        if (count > bytes.length - length) {
            int needed = Math.addExact(length, count);
            bytes =
                    Arrays.copyOf(
                            bytes, Math.max(needed, (int) Math.min(2L * bytes.length, 1 << 30)));
        }
    }

    private static int decimalDigits(long value) {
        int digits = 1;
        long bound = 10;
        while (digits < 19 && value >= bound) {
            digits++;
            bound *= 10;
        }
        return digits;
    }

    private static byte[] digitPairs() {
        byte[] pairs = new byte[200];
        for (int i = 0; i < 100; i++) {
            pairs[2 * i] = (byte) ('0' + i / 10);
            pairs[2 * i + 1] = (byte) ('0' + i % 10);
        }
        return pairs;
    }
}

package caffeine.os;

import caffeine.os.foreign.Memory;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A reusable native {@code char *[]}, as exec takes for arguments and environment.
 *
 * <pre>{@code
 * StringArray environment = new StringArray();
 * environment.addVariable("PATH", "/usr/bin:/bin");
 * environment.addVariable("QUERY_STRING", query);
 * }</pre>
 *
 * <p>Its memory grows and is kept by {@link #clear}. Not thread-safe.
 */
public final class StringArray {
    private static final int POINTER_BYTES = Long.BYTES;
    private static final int FIRST_BYTES = 4096;
    private static final int FIRST_COUNT = 64;

    // Strings are found by offset until the array is asked for, because growing moves them.
    private Memory bytes = Memory.allocate(FIRST_BYTES);
    private Memory pointers = Memory.allocate((FIRST_COUNT + 1) * POINTER_BYTES);
    private int[] offsets = new int[FIRST_COUNT];
    private int used;
    private int count;

    /** Makes an empty array. */
    public StringArray() {}

    /** Forgets all strings. */
    public void clear() {
        used = 0;
        count = 0;
    }

    /**
     * Appends a string.
     *
     * @param string its bytes, without a terminating NUL
     * @throws IllegalArgumentException if it holds a NUL, where the kernel would cut it off
     */
    public void add(byte[] string) {
        checkNoNul(string);
        begin(string.length);
        append(string);
        end();
    }

    /** Appends a string in UTF-8; see {@link #add(byte[])}. */
    public void add(String string) {
        add(string.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Appends {@code name=value}.
     *
     * @param value the value's bytes, without a terminating NUL
     * @throws IllegalArgumentException if name or value holds a NUL
     */
    public void addVariable(String name, byte[] value) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        checkNoNul(nameBytes);
        checkNoNul(value);
        begin(nameBytes.length + 1 + value.length);
        append(nameBytes);
        bytes.putByte(used++, '=');
        append(value);
        end();
    }

    /** Appends {@code name=value} in UTF-8; see {@link #addVariable(String, byte[])}. */
    public void addVariable(String name, String value) {
        addVariable(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** The number of strings. */
    public int count() {
        return count;
    }

    /** The size of all strings with their NULs, in bytes. */
    public int bytes() {
        return used;
    }

    /** The address of the array, which a null pointer ends; valid until the next change. */
    long address() {
        for (int i = 0; i < count; i++) {
            pointers.putLong(i * POINTER_BYTES, bytes.address(offsets[i]));
        }
        pointers.putLong(count * POINTER_BYTES, 0);
        return pointers.address();
    }

    private void begin(int length) {
        long needed = (long) used + length + 1;
        if (needed > bytes.size()) {
            bytes = bytes.grow(Math.toIntExact(Math.max(needed, 2L * bytes.size())), used);
        }
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, 2 * count);
            pointers = Memory.allocate((offsets.length + 1) * POINTER_BYTES);
        }
        offsets[count] = used;
    }

    private void append(byte[] string) {
        bytes.put(used, string, 0, string.length);
        used += string.length;
    }

    private void end() {
        bytes.putByte(used++, 0);
        count++;
    }

    private static void checkNoNul(byte[] string) {
        for (byte b : string) {
            if (b == 0) {
                throw new IllegalArgumentException("a C string cannot hold a NUL");
            }
        }
    }
}

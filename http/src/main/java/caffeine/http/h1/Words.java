package caffeine.http.h1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Eight bytes at a time. */
final class Words {
    static final int BYTES = Long.BYTES;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long LOW_BITS = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long SPACES = ' ' * LOW_BITS;
    private static final long DELETES = 0x7F * LOW_BITS;

    private Words() {}

    /** The bytes {@code b[i]} to {@code b[i + 7]}, the first one lowest. */
    static long at(byte[] b, int i) {
        return (long) LONG.get(b, i);
    }

    /** The word that eight characters make. */
    static long of(String text) {
        return at(text.getBytes(StandardCharsets.ISO_8859_1), 0);
    }

    /**
     * Marks the control characters (0x00 to 0x1F, 0x7F) in the word: not 0 if there is one, and
     * then {@link #firstMarked} is the first. Above the first the marks may be wrong, because the
     * subtraction borrows.
     */
    static long controls(long word) {
        long deletes = word ^ DELETES;
        long low = (word - SPACES) & ~word;
        return (low | ((deletes - LOW_BITS) & ~deletes)) & HIGH_BITS;
    }

    /** The place, 0 to 7, of the first marked byte. */
    static int firstMarked(long marks) {
        return Long.numberOfTrailingZeros(marks) >>> 3;
    }
}

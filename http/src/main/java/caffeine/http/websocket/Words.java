package caffeine.http.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Bytes of an array, eight at a time. */
final class Words {
    /** The highest bit of each byte: not set in ASCII. */
    static final long HIGH_BITS = 0x8080808080808080L;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Words() {}

    /** The bytes {@code b[i]} to {@code b[i + 7]}, the first one lowest. */
    static long get(byte[] b, int i) {
        return (long) LONG.get(b, i);
    }

    /** Stores a word at {@code b[i]} to {@code b[i + 7]}. */
    static void set(byte[] b, int i, long word) {
        LONG.set(b, i, word);
    }
}

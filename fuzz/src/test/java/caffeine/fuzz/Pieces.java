package caffeine.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** The same bytes, whole and cut in several ways. */
final class Pieces {
    private static final int RANDOM_WAYS = 2;
    private static final int MOST_CUTS = 8;
    private static final int MARGIN = 3;

    private Pieces() {}

    /** Reads one piece; returns the index behind the last byte that it consumed. */
    interface Reader {
        int read(byte[] b, int from, int to);

        /** Whether it wants no more. */
        boolean isComplete();
    }

    static String latin1(byte[] b) {
        return new String(b, StandardCharsets.ISO_8859_1);
    }

    static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Ways to cut these bytes: not at all, everywhere, and some that the bytes decide. */
    static List<int[]> ways(byte[] data) {
        List<int[]> ways = new ArrayList<>();
        ways.add(new int[0]);
        int[] everywhere = new int[Math.max(0, data.length - 1)];
        Arrays.setAll(everywhere, i -> i + 1);
        ways.add(everywhere);
        SplittableRandom random = new SplittableRandom(Arrays.hashCode(data));
        for (int i = 0; i < RANDOM_WAYS && data.length > 1; i++) {
            int cuts = 1 + random.nextInt(MOST_CUTS);
            ways.add(random.ints(cuts, 1, data.length).sorted().distinct().toArray());
        }
        return ways;
    }

    /**
     * Feeds the bytes from {@code start} on, and returns where the reader stopped. Each piece lies
     * between other bytes in an array of its own, which the reader must neither read nor change,
     * and which is overwritten afterwards.
     */
    static int feed(byte[] data, int start, int[] cuts, Reader reader) {
        int at = start;
        for (int i = 0; i <= cuts.length && !reader.isComplete(); i++) {
            int end = i < cuts.length ? cuts[i] : data.length;
            if (end <= at) {
                continue;
            }
            byte[] b = new byte[end - at + 2 * MARGIN];
            Arrays.fill(b, (byte) 'x');
            System.arraycopy(data, at, b, MARGIN, end - at);
            byte[] before = b.clone();
            int consumed = reader.read(b, MARGIN, b.length - MARGIN) - MARGIN;
            if (!Arrays.equals(b, before)) {
                throw new AssertionError("it changed what it was given");
            }
            if (consumed < 0 || consumed > end - at) {
                throw new AssertionError("it consumed " + consumed + " bytes of " + (end - at));
            }
            if (consumed < end - at && !reader.isComplete()) {
                throw new AssertionError("it left bytes, but wants more");
            }
            Arrays.fill(b, (byte) '\n');
            at += consumed;
        }
        return at;
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void requireEqual(Object one, Object other, String what) {
        if (!one.equals(other)) {
            throw new AssertionError(what + ":\n  " + one + "\n  " + other);
        }
    }
}

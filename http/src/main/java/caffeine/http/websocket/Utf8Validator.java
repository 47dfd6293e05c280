package caffeine.http.websocket;

/**
 * Checks text as it arrives in pieces, RFC 3629 §4: fails at the first byte that cannot be, also
 * when it is in the middle of a code point. Overlong forms, surrogates and code points above
 * U+10FFFF are none.
 */
public final class Utf8Validator {
    private static final int TAIL_LOW = 0x80;
    private static final int TAIL_HIGH = 0xBF;

    /** The bytes that the current code point lacks. */
    private int missing;

    /** The range of its next byte. */
    private int low;

    private int high;

    /** A validator before the first byte of a text. */
    public Utf8Validator() {}

    /** Whether these bytes are a whole text. */
    public static boolean isValid(byte[] b, int from, int to) {
        Utf8Validator validator = new Utf8Validator();
        return validator.accept(b, from, to) && validator.isComplete();
    }

    /** Goes back before the first byte of a text. */
    public void reset() {
        missing = 0;
    }

    /** Whether the text may end here: no code point is cut. */
    public boolean isComplete() {
        return missing == 0;
    }

    /**
     * Goes on with the next bytes of the text.
     *
     * @return false when no text begins so; the validator must then be reset
     */
    public boolean accept(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            if (missing > 0) {
                int octet = b[at] & 0xFF;
                if (octet < low || octet > high) {
                    return false;
                }
                expect(missing - 1, TAIL_LOW, TAIL_HIGH);
                at++;
                continue;
            }
            at = wholeCodePoints(b, at, to);
            if (at < to && !begin(b[at++] & 0xFF)) {
                return false;
            }
        }
        return true;
    }

    /** The first byte of a code point of several: the table of RFC 3629 §4. */
    private boolean begin(int octet) {
        switch (octet) {
            case 0xE0 -> expect(2, 0xA0, TAIL_HIGH);
            case 0xED -> expect(2, TAIL_LOW, 0x9F);
            case 0xF0 -> expect(3, 0x90, TAIL_HIGH);
            case 0xF4 -> expect(3, TAIL_LOW, 0x8F);
            default -> {
                if (octet < 0xC2 || octet > 0xF4) {
                    return false;
                }
                int length = octet < 0xE0 ? 1 : octet < 0xF0 ? 2 : 3;
                expect(length, TAIL_LOW, TAIL_HIGH);
            }
        }
        return true;
    }

    private void expect(int count, int lowest, int highest) {
        missing = count;
        low = lowest;
        high = highest;
    }

    /** Skips valid code points that lie here whole; returns where the next one is not. */
    private static int wholeCodePoints(byte[] b, int from, int to) {
        int at = from;
        while (at < to) {
            if (b[at] >= 0) {
                at = endOfAscii(b, at, to);
                continue;
            }
            int length = codePointLength(b, at, to);
            if (length == 0) {
                return at;
            }
            at += length;
        }
        return at;
    }

    private static int endOfAscii(byte[] b, int from, int to) {
        int at = from;
        for (int last = to - Long.BYTES; at <= last; at += Long.BYTES) {
            long high = Words.get(b, at) & Words.HIGH_BITS;
            if (high != 0) {
                return at + (Long.numberOfTrailingZeros(high) >>> 3);
            }
        }
        while (at < to && b[at] >= 0) {
            at++;
        }
        return at;
    }

    /** The bytes of the code point, which is not ASCII; 0 when it is cut or none. */
    private static int codePointLength(byte[] b, int at, int to) {
        int first = b[at] & 0xFF;
        if (first < 0xE0) {
            return first >= 0xC2 && at + 1 < to && isTail(b[at + 1]) ? 2 : 0;
        }
        if (at + 2 >= to || !isTail(b[at + 1]) || !isTail(b[at + 2])) {
            return 0;
        }
        int two = (first & 0xF) << 6 | (b[at + 1] & 0x3F);
        if (first < 0xF0) {
            // 0x20: U+0800, the least that needs three bytes; 0x360: U+D800, the surrogates.
            return two >= 0x20 && (two & 0x3E0) != 0x360 ? 3 : 0;
        }
        // 0x10: U+10000, the least that needs four bytes; 0x110: U+110000, above the last.
        boolean valid = first <= 0xF4 && two >= 0x10 && two < 0x110;
        return valid && at + 3 < to && isTail(b[at + 3]) ? 4 : 0;
    }

    private static boolean isTail(byte b) {
        return (b & 0xC0) == TAIL_LOW;
    }
}

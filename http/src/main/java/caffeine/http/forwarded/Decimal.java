package caffeine.http.forwarded;

/** Decimal numbers without sign and leading zeros. */
final class Decimal {

    private static final int MOST_DIGITS = 9;

    private Decimal() {}

    /** The number in {@code text[from, to)}, or -1 when it is none or too large. */
    static int parse(String text, int from, int to, int most) {
        boolean leadingZero = to - from > 1 && text.charAt(from) == '0';
        if (to <= from || to - from > MOST_DIGITS || leadingZero) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number <= most ? number : -1;
    }
}

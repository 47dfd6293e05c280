package caffeine.cli.options;

import org.jspecify.annotations.Nullable;

/** Reads numbers, sizes and times as users write them. */
final class Values {

    private static final long MILLISECOND = 1_000_000L;
    private static final long SECOND = 1_000 * MILLISECOND;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;

    /** A year. */
    private static final long LONGEST = 8_784 * HOUR;

    private static final long NOT_A_NUMBER = -1;

    private Values() {}

    /** A whole number within bounds; here and below, the option is for messages. */
    static int count(@Nullable Option option, String text, int least, int most)
            throws UsageException {
        String advice = "give a whole number from " + least + " to " + most;
        long number = digits(text, text.length());
        if (number == NOT_A_NUMBER) {
            throw new UsageException(option, text, "is not a number", advice);
        }
        return (int) within(option, text, number, least, most, advice);
    }

    /** Bytes, or with the letter k, m or g multiples of 1,024 of them: {@code 16m}. */
    static long bytes(@Nullable Option option, String text, long least, long most)
            throws UsageException {
        String bounds = most == Long.MAX_VALUE ? "" : " from " + least + " to " + most;
        String advice = "give bytes" + bounds + ", or with k, m or g as in 16m";
        int shift = text.isEmpty() ? 0 : shift(text.charAt(text.length() - 1));
        long number = digits(text, shift == 0 ? text.length() : text.length() - 1);
        if (number == NOT_A_NUMBER) {
            throw new UsageException(option, text, "is not a size", advice);
        }
        long bytes = number > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : number << shift;
        return within(option, text, bytes, least, most, advice);
    }

    private static int shift(char letter) {
        return switch (letter) {
            case 'k', 'K' -> 10;
            case 'm', 'M' -> 20;
            case 'g', 'G' -> 30;
            default -> 0;
        };
    }

    /**
     * A time in nanoseconds. Without a unit it is in seconds, and it may have decimals: {@code
     * 1.5}, {@code 500ms}, {@code 5s}, {@code 2m}, {@code 1h}.
     *
     * @param zeroAllowed whether 0 is a value of the option: no waiting, or no limit
     */
    static long nanoseconds(@Nullable Option option, String text, boolean zeroAllowed)
            throws UsageException {
        String advice =
                "give seconds as in 5 or 0.5, or a unit as in 500ms, 5s, 2m, 1h"
                        + (zeroAllowed ? " (0: none)" : "");
        int end = endOfNumber(text);
        long unit = unit(text.substring(end));
        long time = unit == 0 ? NOT_A_NUMBER : decimal(text, end, unit);
        if (time == NOT_A_NUMBER) {
            throw new UsageException(option, text, "is not a time", advice);
        }
        if (time == 0 && !zeroAllowed) {
            throw new UsageException(option, text, "would not wait at all", advice);
        }
        if (time != 0 && time < MILLISECOND) {
            throw new UsageException(option, text, "is below a millisecond", advice);
        }
        if (time > LONGEST) {
            throw new UsageException(option, text, "is more than a year", advice);
        }
        return time;
    }

    private static int endOfNumber(String text) {
        int end = 0;
        while (end < text.length() && (isDigit(text.charAt(end)) || text.charAt(end) == '.')) {
            end++;
        }
        return end;
    }

    private static long unit(String name) {
        return switch (name) {
            case "ms" -> MILLISECOND;
            case "", "s" -> SECOND;
            case "m" -> MINUTE;
            case "h" -> HOUR;
            default -> 0;
        };
    }

    /**
     * The decimal number in {@code text[0, end)} times a unit; digits below 1 ns are dropped, but
     * do not make it 0.
     */
    private static long decimal(String text, int end, long unit) {
        int point = text.indexOf('.');
        int wholeEnd = point >= 0 && point < end ? point : end;
        long whole = digits(text, wholeEnd);
        if (whole == NOT_A_NUMBER || wholeEnd == end - 1) {
            return NOT_A_NUMBER;
        }
        if (whole > LONGEST / unit) {
            return Long.MAX_VALUE;
        }
        long time = whole * unit;
        long place = unit;
        boolean somethingIsThere = false;
        for (int i = wholeEnd + 1; i < end; i++) {
            if (!isDigit(text.charAt(i))) {
                return NOT_A_NUMBER;
            }
            place /= 10;
            time += place * (text.charAt(i) - '0');
            somethingIsThere |= text.charAt(i) != '0';
        }
        return time == 0 && somethingIsThere ? 1 : time;
    }

    /** The whole number in {@code text[0, end)}, at most {@link Long#MAX_VALUE}. */
    private static long digits(String text, int end) {
        if (end <= 0) {
            return NOT_A_NUMBER;
        }
        long number = 0;
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (!isDigit(c)) {
                return NOT_A_NUMBER;
            }
            boolean tooLarge = number > (Long.MAX_VALUE - 9) / 10;
            number = tooLarge ? Long.MAX_VALUE - 9 : number * 10 + (c - '0');
        }
        return number;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static long within(
            @Nullable Option option, String text, long value, long least, long most, String advice)
            throws UsageException {
        if (value < least || value > most) {
            String reason = value < least ? "is too small" : "is too large";
            throw new UsageException(option, text, reason, advice);
        }
        return value;
    }
}

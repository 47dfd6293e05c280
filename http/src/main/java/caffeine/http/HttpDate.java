package caffeine.http;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.List;
import java.util.OptionalLong;

/**
 * Dates as HTTP writes them: IMF-fixdate, {@code Sun, 06 Nov 1994 08:49:37 GMT}, RFC 9110 §5.6.7.
 * {@link #parse} reads the dates of handlers, which must not generate the two obsolete forms;
 * {@link #parseAny} reads those of clients, in all three.
 *
 * <pre>{@code
 * response.with("Last-Modified", HttpDate.format(Instant.now()))
 * }</pre>
 */
public final class HttpDate {
    /** An IMF-fixdate has this many bytes. */
    public static final int LENGTH = 29;

    private static final String DAYS = "MonTueWedThuFriSatSun";
    private static final List<String> LONG_DAYS =
            List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final int SECONDS_A_DAY = 86_400;
    private static final int LAST_YEAR = 9999;

    private HttpDate() {}

    /**
     * The date of a second.
     *
     * @param epochSecond seconds since 1970-01-01T00:00:00Z; negative for earlier ones
     * @return a new array of {@link #LENGTH} ASCII bytes
     * @throws DateTimeException when the year has not four digits (0 to 9999)
     */
    public static byte[] format(long epochSecond) {
        LocalDate day = LocalDate.ofEpochDay(Math.floorDiv(epochSecond, SECONDS_A_DAY));
        int time = Math.floorMod(epochSecond, SECONDS_A_DAY);
        if (day.getYear() < 0 || day.getYear() > LAST_YEAR) {
            throw new DateTimeException("a year of four digits, not " + day.getYear());
        }
        byte[] date = "   , 00     0000 00:00:00 GMT".getBytes(StandardCharsets.ISO_8859_1);
        putName(date, 0, DAYS, day.getDayOfWeek().getValue() - 1);
        putTwoDigits(date, 5, day.getDayOfMonth());
        putName(date, 8, MONTHS, day.getMonthValue() - 1);
        putTwoDigits(date, 12, day.getYear() / 100);
        putTwoDigits(date, 14, day.getYear() % 100);
        putTwoDigits(date, 17, time / 3600);
        putTwoDigits(date, 20, time / 60 % 60);
        putTwoDigits(date, 23, time % 60);
        return date;
    }

    /**
     * The date of a time, for a field: {@code Sun, 06 Nov 1994 08:49:37 GMT}.
     *
     * @param time its fraction of a second is dropped
     * @throws DateTimeException when the year has not four digits (0 to 9999)
     */
    public static String format(Instant time) {
        return new String(format(time.getEpochSecond()), StandardCharsets.ISO_8859_1);
    }

    /**
     * The second that an IMF-fixdate names, since 1970-01-01T00:00:00Z; empty when the text is
     * none, or names a day that the calendar has not, or another day of the week. A leap second
     * counts as the one behind it.
     */
    public static OptionalLong parse(String text) {
        if (text.length() != LENGTH
                || !text.startsWith(", ", 3)
                || text.charAt(7) != ' '
                || text.charAt(11) != ' '
                || text.charAt(16) != ' '
                || text.charAt(19) != ':'
                || text.charAt(22) != ':'
                || !text.endsWith(" GMT")) {
            return OptionalLong.empty();
        }
        int month = nameAt(text, 8, MONTHS);
        int dayOfMonth = twoDigits(text, 5);
        int century = twoDigits(text, 12);
        int year = twoDigits(text, 14);
        int hour = twoDigits(text, 17);
        int minute = twoDigits(text, 20);
        int second = twoDigits(text, 23);
        if ((month | dayOfMonth | century | year | hour | minute | second) < 0
                || hour > 23
                || minute > 59
                || second > 60) {
            return OptionalLong.empty();
        }
        YearMonth yearMonth = YearMonth.of(century * 100 + year, month + 1);
        if (!yearMonth.isValidDay(dayOfMonth)) {
            return OptionalLong.empty();
        }
        LocalDate day = yearMonth.atDay(dayOfMonth);
        if (day.getDayOfWeek().getValue() - 1 != nameAt(text, 0, DAYS)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(
                day.toEpochDay() * SECONDS_A_DAY + hour * 3600L + minute * 60L + second);
    }

    /**
     * The second that a date of a client names, in any of the three forms: IMF-fixdate, {@code
     * Sunday, 06-Nov-94 08:49:37 GMT} (RFC 850) and {@code Sun Nov 6 08:49:37 1994} (asctime).
     * Empty for another text.
     *
     * @param nowSecond the current time: a year of two digits that would be more than 50 years
     *     ahead is in the past (RFC 9110 §5.6.7)
     */
    public static OptionalLong parseAny(String text, long nowSecond) {
        int comma = text.indexOf(',');
        if (comma == 3) {
            return parse(text);
        }
        if (comma < 0) {
            return parse(fromAsctime(text));
        }
        return text.length() != comma + 24 || text.charAt(comma + 4) != '-'
                ? OptionalLong.empty()
                : fromRfc850(text, comma, nowSecond);
    }

    private static String fromAsctime(String text) {
        if (text.length() != 24 || text.charAt(3) != ' ' || text.charAt(10) != ' ') {
            return "";
        }
        return text.substring(0, 3)
                + ", "
                + text.substring(8, 10).replace(' ', '0')
                + text.substring(3, 8)
                + text.substring(20)
                + text.substring(10, 19)
                + " GMT";
    }

    private static OptionalLong fromRfc850(String text, int comma, long nowSecond) {
        int day = nameAt(text, 0, DAYS);
        if (day < 0 || !LONG_DAYS.get(day).equals(text.substring(0, comma))) {
            return OptionalLong.empty();
        }
        String rest = text.substring(comma + 8);
        int years = twoDigits(rest, 1);
        if (years < 0 || rest.charAt(0) != '-') {
            return OptionalLong.empty();
        }
        int thisYear = LocalDate.ofEpochDay(Math.floorDiv(nowSecond, SECONDS_A_DAY)).getYear();
        int year = thisYear - thisYear % 100 + 100 + years;
        while (year > thisYear + 50) {
            year -= 100;
        }
        return parse(
                text.substring(0, 3)
                        + text.substring(comma, comma + 4)
                        + " "
                        + text.substring(comma + 5, comma + 8)
                        + " "
                        + year
                        + rest.substring(3));
    }

    private static void putName(byte[] date, int at, String names, int index) {
        for (int i = 0; i < 3; i++) {
            date[at + i] = (byte) names.charAt(3 * index + i);
        }
    }

    private static void putTwoDigits(byte[] date, int at, int value) {
        date[at] = (byte) ('0' + value / 10);
        date[at + 1] = (byte) ('0' + value % 10);
    }

    /** The index of the three letters at that place among the names, or -1. */
    private static int nameAt(String text, int at, String names) {
        for (int i = 0; i < names.length(); i += 3) {
            if (text.regionMatches(at, names, i, 3)) {
                return i / 3;
            }
        }
        return -1;
    }

    private static int twoDigits(String text, int at) {
        int tens = text.charAt(at) - '0';
        int ones = text.charAt(at + 1) - '0';
        return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1;
    }

    /**
     * The date of the current second, made once a second. One for each thread. The returned array
     * never changes, so it may stay in use after the second is over.
     */
    public static final class Cache {
        private long second = Long.MIN_VALUE;
        private byte[] date = {};

        /** An empty cache. */
        public Cache() {}

        /**
         * The date of that second, see {@link HttpDate#format}. To be read, never written to.
         *
         * @param epochSecond the current time, usually the same as in the last call
         */
        public byte[] at(long epochSecond) {
            if (epochSecond != second) {
                date = format(epochSecond);
                second = epochSecond;
            }
            return date;
        }
    }
}

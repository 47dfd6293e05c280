package caffeine.server.log;

import caffeine.http.OutputBuffer;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * A time in UTC for log lines; the part that changes once a second is cached. Formatted by hand:
 * the first use of a formatter would cost milliseconds at every start.
 */
final class Stamp {

    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private final boolean common;
    private final OutputBuffer text = new OutputBuffer(32);
    private long second = Long.MIN_VALUE;

    private Stamp(boolean common) {
        this.common = common;
    }

    /** {@code 2026-03-01T12:00:00.123Z}. */
    static Stamp iso() {
        return new Stamp(false);
    }

    /** {@code 01/Mar/2026:12:00:00 +0000}, as the Common Log Format has it. */
    static Stamp common() {
        return new Stamp(true);
    }

    void put(OutputBuffer out, long epochMillis) {
        long wanted = Math.floorDiv(epochMillis, 1000L);
        if (wanted != second) {
            second = wanted;
            text.clear();
            format(LocalDateTime.ofEpochSecond(wanted, 0, ZoneOffset.UTC));
        }
        out.put(text.array(), 0, text.length());
    }

    private void format(LocalDateTime time) {
        if (common) {
            two(time.getDayOfMonth());
            text.put('/');
            int month = 3 * (time.getMonthValue() - 1);
            text.putAscii(MONTHS.substring(month, month + 3));
            text.put('/');
            year(time);
            text.put(':');
        } else {
            year(time);
            text.put('-');
            two(time.getMonthValue());
            text.put('-');
            two(time.getDayOfMonth());
            text.put('T');
        }
        two(time.getHour());
        text.put(':');
        two(time.getMinute());
        text.put(':');
        two(time.getSecond());
        if (common) {
            text.putAscii(" +0000");
        }
    }

    private void year(LocalDateTime time) {
        two(time.getYear() / 100);
        two(time.getYear() % 100);
    }

    private void two(int number) {
        text.put('0' + number / 10);
        text.put('0' + number % 10);
    }

    void putWithMillis(OutputBuffer out, long epochMillis) {
        put(out, epochMillis);
        int millis = (int) Math.floorMod(epochMillis, 1000L);
        out.put('.');
        out.put('0' + millis / 100);
        out.put('0' + millis / 10 % 10);
        out.put('0' + millis % 10);
        out.put('Z');
    }

    /** Milliseconds with two decimals, without the cost of a formatter. */
    static void putMillis(OutputBuffer out, long ns) {
        long hundredths = Math.max(0, ns) / 10_000;
        out.putDecimal(hundredths / 100);
        long rest = hundredths % 100;
        out.put('.');
        out.put((int) ('0' + rest / 10));
        out.put((int) ('0' + rest % 10));
    }
}

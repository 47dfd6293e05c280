package caffeine.http.representation;

import caffeine.http.Fields;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The ranges of bytes that a GET asks for (RFC 9110 §14.1.2), for a representation of known size.
 *
 * <p>An invalid Range field is ignored, as is one with more than {@value #MOST} ranges, or of
 * another unit: the whole representation is sent. Ranges that overlap are merged, so that the
 * response is never longer than the representation and the heads of its parts.
 *
 * @param kind what the field asks for
 * @param ranges the ranges, in the order of the request unless they overlapped
 */
public record ByteRanges(Kind kind, List<Range> ranges) {

    /** The most ranges of a request. */
    public static final int MOST = 32;

    /** The result of a Range field. */
    public enum Kind {
        /** No range: 200 with the whole representation. */
        WHOLE,
        /** 206 with these ranges. */
        PARTIAL,
        /** 416: all of them begin behind the end. */
        UNSATISFIABLE
    }

    /**
     * A range.
     *
     * @param first the position of its first byte
     * @param length in bytes, above 0
     */
    public record Range(long first, long length) {

        /** The position behind its last byte. */
        public long end() {
            return first + length;
        }

        /** The value of Content-Range (RFC 9110 §14.4). */
        public String contentRange(long size) {
            return "bytes " + first + "-" + (end() - 1) + "/" + size;
        }
    }

    private static final ByteRanges WHOLE = new ByteRanges(Kind.WHOLE, List.of());
    private static final ByteRanges UNSATISFIABLE = new ByteRanges(Kind.UNSATISFIABLE, List.of());
    private static final String UNIT = "bytes=";

    /** Copies the list. */
    public ByteRanges {
        ranges = List.copyOf(ranges);
    }

    /**
     * The ranges of a GET. If-Range is evaluated before: {@link Validators#allowRanges}.
     *
     * @param size of the representation, in bytes
     */
    public static ByteRanges of(Fields fields, long size) {
        int line = fields.indexOf("Range", 0);
        if (line < 0 || fields.indexOf("Range", line + 1) >= 0) {
            return WHOLE; // not a list: of two lines, none is valid
        }
        String value = fields.value(line);
        if (!value.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
            return WHOLE;
        }
        List<Range> found = new ArrayList<>();
        int count = 0;
        for (String member : value.substring(UNIT.length()).split(",", -1)) {
            String text = strip(member);
            if (text.isEmpty()) {
                continue; // RFC 9110 §5.6.1.2
            }
            count++;
            if (count > MOST || !add(found, text, size)) {
                return WHOLE;
            }
        }
        if (found.isEmpty()) {
            return count == 0 ? WHOLE : UNSATISFIABLE;
        }
        List<Range> merged = merged(found);
        boolean isAll = merged.size() == 1 && merged.getFirst().length() == size;
        return size == 0 || (isAll && count > 1) ? WHOLE : new ByteRanges(Kind.PARTIAL, merged);
    }

    /**
     * Adds a range if it is satisfiable.
     *
     * @return whether it is valid
     */
    private static boolean add(List<Range> found, String text, long size) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            return false;
        }
        String from = text.substring(0, dash);
        String to = text.substring(dash + 1);
        if (!isDigits(from) || !isDigits(to) || text.length() == 1) {
            return false;
        }
        if (from.isEmpty()) {
            long length = Math.min(number(to), size);
            if (number(to) > 0) {
                found.add(new Range(size - length, length));
            }
            return true;
        }
        long first = number(from);
        if (!to.isEmpty() && isBelow(to, from)) {
            return false;
        }
        long last = to.isEmpty() ? Long.MAX_VALUE : number(to);
        if (first < size) {
            found.add(new Range(first, Math.min(last, size - 1) - first + 1));
        }
        return true;
    }

    private static List<Range> merged(List<Range> found) {
        List<Range> sorted = new ArrayList<>(found);
        sorted.sort(Comparator.comparingLong(Range::first));
        List<Range> merged = new ArrayList<>();
        for (Range range : sorted) {
            Range last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && range.first() < last.end()) {
                long end = Math.max(last.end(), range.end());
                merged.set(merged.size() - 1, new Range(last.first(), end - last.first()));
            } else {
                merged.add(range);
            }
        }
        return merged.size() == found.size() ? found : merged;
    }

    private static String strip(String member) {
        int from = 0;
        int to = member.length();
        while (from < to && isBlank(member.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(member.charAt(to - 1))) {
            to--;
        }
        return member.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isDigits(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** Whether a number is below another, with any number of digits. */
    private static boolean isBelow(String digits, String others) {
        String one = withoutZeros(digits);
        String other = withoutZeros(others);
        return one.length() != other.length()
                ? one.length() < other.length()
                : one.compareTo(other) < 0;
    }

    private static String withoutZeros(String digits) {
        int at = 0;
        while (at < digits.length() - 1 && digits.charAt(at) == '0') {
            at++;
        }
        return digits.substring(at);
    }

    /** The number; {@link Long#MAX_VALUE} for a larger one. */
    private static long number(String digits) {
        String text = withoutZeros(digits);
        return text.length() > 18 ? Long.MAX_VALUE : Long.parseLong(text);
    }
}

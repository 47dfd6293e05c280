package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.FieldList;
import caffeine.http.representation.ByteRanges;
import caffeine.http.representation.ByteRanges.Kind;
import caffeine.http.representation.ByteRanges.Range;
import caffeine.http.representation.ContentCoding;
import caffeine.http.representation.Validators;

import com.code_intelligence.jazzer.junit.FuzzTest;

import java.math.BigInteger;
import java.util.EnumSet;
import java.util.List;
import java.util.regex.Pattern;

/** The fields of a request for a file: Range, conditions, and Accept-Encoding. */
class RangeFuzzTest {

    private static final Pattern SPEC = Pattern.compile("[0-9]+-[0-9]*|-[0-9]+");
    private static final long NOW = 1_800_000_000;

    /** The first byte is the size of the file, or stands for a large one. */
    @FuzzTest
    void fields(byte[] data) {
        if (data.length == 0) {
            return;
        }
        long size = data[0] == 0 ? 0 : data[0] > 0 ? data[0] : 5L << 30;
        String value = Pieces.latin1(data).substring(1);
        conditions(value);
        FieldList fields = new FieldList();
        try {
            fields.add("Range", value);
        } catch (IllegalArgumentException _) {
            return; // no parser lets it pass
        }
        ByteRanges found = ByteRanges.of(fields, size);
        judge(found, size);
        Kind expected = kind(fields.value(0), size);
        boolean mayBeWhole = found.kind() == Kind.WHOLE && expected == Kind.PARTIAL;
        require(
                found.kind() == expected || mayBeWhole,
                found.kind() + " instead of " + expected + ": " + value);
    }

    private static void judge(ByteRanges found, long size) {
        List<Range> ranges = found.ranges();
        requireEqual(found.kind() == Kind.PARTIAL, !ranges.isEmpty(), "ranges");
        require(ranges.size() <= ByteRanges.MOST, "too many");
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            require(range.first() >= 0 && range.length() > 0 && range.end() <= size, "" + range);
            for (Range other : ranges.subList(i + 1, ranges.size())) {
                boolean apart = other.end() <= range.first() || range.end() <= other.first();
                require(apart, range + " and " + other);
            }
        }
    }

    /** By the grammar of RFC 9110 §14.1.1, in another way. */
    private static Kind kind(String value, long size) {
        if (value.length() < 6 || !value.substring(0, 6).equalsIgnoreCase("bytes=")) {
            return Kind.WHOLE;
        }
        int count = 0;
        boolean satisfiable = false;
        for (String each : value.substring(6).split(",", -1)) {
            String spec = each.replaceAll("^[ \t]+|[ \t]+$", "");
            if (spec.isEmpty()) {
                continue;
            }
            if (!SPEC.matcher(spec).matches()) {
                return Kind.WHOLE;
            }
            count++;
            int dash = spec.indexOf('-');
            BigInteger last = number(spec.substring(dash + 1));
            if (dash == 0) {
                satisfiable |= last.signum() > 0;
                continue;
            }
            BigInteger first = number(spec.substring(0, dash));
            if (dash < spec.length() - 1 && last.compareTo(first) < 0) {
                return Kind.WHOLE;
            }
            satisfiable |= first.compareTo(BigInteger.valueOf(size)) < 0;
        }
        if (count == 0 || count > ByteRanges.MOST) {
            return Kind.WHOLE;
        }
        // Nothing of an empty file can be named: a suffix of it is the whole.
        return satisfiable ? (size == 0 ? Kind.WHOLE : Kind.PARTIAL) : Kind.UNSATISFIABLE;
    }

    private static BigInteger number(String digits) {
        return digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits);
    }

    /** Whatever they are, they throw nothing, and a tag that is listed is found. */
    private static void conditions(String value) {
        Validators validators = new Validators("\"a1\"", NOW - 1000);
        for (String name :
                new String[] {
                    "If-Match",
                    "If-None-Match",
                    "If-Modified-Since",
                    "If-Unmodified-Since",
                    "If-Range",
                    "Accept-Encoding"
                }) {
            FieldList fields = new FieldList();
            try {
                fields.add(name, value);
            } catch (IllegalArgumentException _) {
                return;
            }
            Validators.Outcome outcome = validators.evaluate(fields, NOW);
            require(outcome != null, name);
            if (!value.contains("\"a1\"") && !value.contains("*")) {
                boolean matched =
                        name.equals("If-Match")
                                ? outcome != Validators.Outcome.FAILED
                                : name.equals("If-None-Match")
                                        && outcome == Validators.Outcome.NOT_MODIFIED;
                require(!matched, "a tag that is not listed: " + value);
            }
            if (validators.allowRanges(fields, NOW) && name.equals("If-Range")) {
                require(value.contains("\"a1\"") || value.contains(":"), "If-Range: " + value);
            }
            ContentCoding coding =
                    ContentCoding.choose(fields, EnumSet.of(ContentCoding.BR, ContentCoding.GZIP));
            require(coding != ContentCoding.ZSTD, "a coding that there is not");
        }
    }
}

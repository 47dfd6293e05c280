package caffeine.http.representation;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.FieldList;
import caffeine.http.representation.ByteRanges.Kind;
import caffeine.http.representation.ByteRanges.Range;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;
import java.util.stream.Collectors;

@DisplayName("RFC 9110 §14")
class ByteRangesTest {

    private static final long SIZE = 100;

    private static ByteRanges of(String range, long size) {
        return ByteRanges.of(FieldList.of("Range", range), size);
    }

    private static String text(ByteRanges ranges) {
        return ranges.ranges().stream()
                .map(each -> each.first() + "+" + each.length())
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-4, 0+5",
        "bytes=0-0, 0+1",
        "bytes=99-, 99+1",
        "bytes=0-, 0+100",
        "bytes=-1, 99+1",
        "bytes=-500, 0+100",
        "bytes=90-500, 90+10",
        "bytes=90-99999999999999999999, 90+10",
        "bytes=-99999999999999999999, 0+100",
        "BYTES=0-4, 0+5",
        "bytes=00-004, 0+5",
    })
    void one(String range, String expected) {
        ByteRanges ranges = of(range, SIZE);
        assertThat(ranges.kind()).isEqualTo(Kind.PARTIAL);
        assertThat(text(ranges)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-4,10-14 | 0+5 10+5",
                "bytes=10-14,0-4 | 10+5 0+5",
                "bytes=0-4 , -5 | 0+5 95+5",
                "bytes=,0-4,,10-14, | 0+5 10+5",
                "bytes=0-4,200-300 | 0+5",
                "bytes=10-20,15-30 | 10+21",
                "bytes=50-60,0-9,55-70,5-7 | 0+10 50+21",
                "bytes=0-49,50-99 | 0+50 50+50",
            })
    void several(String range, String expected) {
        assertThat(text(of(range, SIZE))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0-4",
                "lines=0-4",
                "bytes:0-4",
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=4-0",
                "bytes=18446744073709551616-1",
                "bytes=a-b",
                "bytes=0x1-0x4",
                "bytes=+0-+4",
                "bytes=--5",
                "bytes=0-4-8",
                "bytes=0 - 4",
                "bytes=0-4;10-14",
                "bytes=0-4,x",
                "bytes=0-49,49-99",
            })
    void ignoresWhatIsInvalidOrNotWorthIt(String range) {
        assertThat(of(range, SIZE).kind()).isEqualTo(Kind.WHOLE);
    }

    @Test
    void ignoresTwoFields() {
        FieldList fields = FieldList.of("Range", "bytes=0-1", "Range", "bytes=3-4");
        assertThat(ByteRanges.of(fields, SIZE).kind()).isEqualTo(Kind.WHOLE);
        assertThat(ByteRanges.of(new FieldList(), SIZE).kind()).isEqualTo(Kind.WHOLE);
    }

    @Test
    void ignoresMoreThan32() {
        StringBuilder range = new StringBuilder("bytes=0-0");
        for (int i = 1; i < ByteRanges.MOST; i++) {
            range.append(',').append(2 * i).append('-').append(2 * i);
        }
        assertThat(of(range.toString(), SIZE).ranges()).hasSize(ByteRanges.MOST);
        assertThat(of(range + ",99-99", SIZE).kind()).isEqualTo(Kind.WHOLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=300-400,500-"})
    void isUnsatisfiableBehindTheEnd(String range) {
        assertThat(of(range, SIZE).kind()).isEqualTo(Kind.UNSATISFIABLE);
    }

    @Test
    void nothingOfAnEmptyRepresentation() {
        assertThat(of("bytes=0-", 0).kind()).isEqualTo(Kind.UNSATISFIABLE);
        assertThat(of("bytes=-5", 0).kind()).isEqualTo(Kind.WHOLE);
    }

    @Test
    void contentRange() {
        assertThat(new Range(5, 10).contentRange(SIZE)).isEqualTo("bytes 5-14/100");
    }

    /** However a client asks, no byte is sent twice, and none beyond the end. */
    @Test
    void neverMoreThanTheWhole() {
        Random random = new Random(14);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder range = new StringBuilder("bytes=");
            for (int k = random.nextInt(1, 6); k > 0; k--) {
                range.append(random.nextInt(3) == 0 ? "" : random.nextInt(120))
                        .append('-')
                        .append(random.nextInt(3) == 0 ? "" : random.nextInt(120))
                        .append(k == 1 ? "" : ",");
            }
            ByteRanges ranges = of(range.toString(), SIZE);
            boolean[] seen = new boolean[(int) SIZE];
            for (Range each : ranges.ranges()) {
                assertThat(each.length()).isPositive();
                for (long at = each.first(); at < each.end(); at++) {
                    assertThat(seen[(int) at]).as("%s: %s", range, at).isFalse();
                    seen[(int) at] = true;
                }
            }
            assertThat(ranges.ranges().isEmpty()).isEqualTo(ranges.kind() != Kind.PARTIAL);
        }
    }
}

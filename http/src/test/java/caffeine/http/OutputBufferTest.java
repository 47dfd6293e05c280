package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.SplittableRandom;

class OutputBufferTest {
    private final OutputBuffer out = new OutputBuffer(0);

    @Test
    void growsAsItMust() {
        for (int i = 0; i < 1000; i++) {
            out.put(i);
            out.putAscii("ab");
            out.put(new byte[] {1, 2, 3, 4}, 1, 3);
            out.putLineEnd();
        }
        assertThat(out.length()).isEqualTo(7000);
        assertThat(out.toString()).startsWith("\0ab\2\3\r\n\1ab").endsWith("ab\2\3\r\n");
        assertThat(out.toByteArray()).hasSize(7000);
        assertThat(out.array()).hasSizeGreaterThanOrEqualTo(7000);
    }

    @Test
    void losesNoLatin1Character() {
        StringBuilder all = new StringBuilder();
        for (char c = 0; c <= 0xFF; c++) {
            all.append(c);
        }
        out.putLatin1(all.toString());
        assertThat(out).hasToString(all.toString());
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                9,
                10,
                11,
                99,
                100,
                101,
                999,
                1000,
                12_345,
                100_000,
                1_234_567,
                999_999_999,
                1_000_000_000_000_000_000L,
                Long.MAX_VALUE,
                -1,
                Long.MIN_VALUE
            })
    void putsNumbers(long value) {
        out.putDecimal(value);
        assertThat(out).hasToString(Long.toString(value));
        out.clear();
        out.putHex(value);
        assertThat(out).hasToString(Long.toHexString(value));
    }

    @Test
    void putsAnyNumber() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            long value = random.nextLong() >>> random.nextInt(64);
            out.clear();
            out.putDecimal(value);
            out.put(' ');
            out.putHex(value);
            assertThat(out).hasToString(value + " " + Long.toHexString(value));
        }
    }
}

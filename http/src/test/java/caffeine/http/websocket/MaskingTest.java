package caffeine.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.SplittableRandom;

/** RFC 6455 §5.3. */
class MaskingTest {

    @Test
    void everyByteIsCombinedWithItsByteOfTheKey() {
        SplittableRandom random = new SplittableRandom(5);
        for (int length = 0; length < 70; length++) {
            byte[] source = new byte[length + 9];
            random.nextBytes(source);
            for (int phase = 0; phase < 4; phase++) {
                long key = Masking.advance(Masking.key(0xD4C3B2A1), phase);
                byte[] target = new byte[length + 5];
                Masking.apply(key, source, 3, 3 + length, target, 2);
                for (int i = 0; i < target.length; i++) {
                    int k = new int[] {0xA1, 0xB2, 0xC3, 0xD4}[(i - 2 + phase) & 3];
                    boolean inside = i >= 2 && i < 2 + length;
                    assertThat(target[i]).isEqualTo(inside ? (byte) (source[i + 1] ^ k) : 0);
                }
            }
        }
    }

    @Test
    void tellsAsciiFromOtherBytes() {
        long key = Masking.key(0x81020304);
        for (int length = 1; length < 40; length++) {
            byte[] ascii = Peer.utf8("x".repeat(length));
            byte[] masked = new byte[length];
            Masking.apply(key, ascii, 0, length, masked, 0);
            assertThat(Masking.apply(key, masked, 0, length, masked, 0)).isTrue();
            for (int i = 0; i < length; i++) {
                byte[] other = ascii.clone();
                other[i] = (byte) 0x80;
                Masking.apply(key, other, 0, length, masked, 0);
                assertThat(Masking.apply(key, masked, 0, length, masked, 0)).isFalse();
            }
        }
    }

    @Test
    void bytesCanBeMaskedInPlace() {
        byte[] b = Peer.utf8("a message of some words");
        byte[] before = b.clone();
        long key = Masking.key(0x01020304);
        Masking.apply(key, b, 0, b.length, b, 0);
        assertThat(b).isNotEqualTo(before);
        Masking.apply(key, b, 0, b.length, b, 0);
        assertThat(b).isEqualTo(before);
    }
}

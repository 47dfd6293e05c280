package caffeine.http.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;

/** RFC 3629, judged by the JDK's decoder. */
class Utf8ValidatorTest {

    private static final int NONE = -1;

    /** Where it fails when it gets one byte at a time, or NONE. */
    private static int firstRefused(byte[] b) {
        Utf8Validator validator = new Utf8Validator();
        for (int i = 0; i < b.length; i++) {
            if (!validator.accept(b, i, i + 1)) {
                return i;
            }
        }
        return NONE;
    }

    private static boolean isText(byte[] b) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(b));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }

    /** Whether it is text, or would be with one of these behind it. */
    private static boolean isBeginOfText(byte[] b) {
        for (String rest : List.of("", "80", "8080", "808080", "a0", "a080", "9080", "908080")) {
            if (isText(Peer.join(b, Peer.bytes(rest)))) {
                return true;
            }
        }
        return false;
    }

    /** With text on both sides, so that the words of eight bytes are used. */
    private static void agree(byte[] b) {
        assertThat(Utf8Validator.isValid(b, 0, b.length)).isEqualTo(isText(b));
        byte[] within = Peer.join(Peer.utf8("eight or more é"), b, Peer.utf8("ü and more behind"));
        assertThat(Utf8Validator.isValid(within, 0, within.length)).isEqualTo(isText(within));
    }

    @Test
    void allPairs() {
        for (int i = 0; i < 1 << 16; i++) {
            byte[] b = {(byte) (i >> 8), (byte) i};
            assertThat(Utf8Validator.isValid(b, 0, 2)).as("%04x", i).isEqualTo(isText(b));
        }
    }

    @Test
    void allCodePoints() {
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
                byte[] b = Character.toString(c).getBytes(StandardCharsets.UTF_8);
                Utf8Validator validator = new Utf8Validator();
                boolean bytewise = true;
                for (int i = 0; i < b.length; i++) {
                    bytewise &= validator.accept(b, i, i + 1);
                    bytewise &= validator.isComplete() == (i == b.length - 1);
                }
                if (!bytewise || !Utf8Validator.isValid(b, 0, b.length)) {
                    throw new AssertionError(String.format("U+%04X", c));
                }
            }
        }
    }

    /** The edges of RFC 3629 §4, with the byte that is the first impossible one. */
    @ParameterizedTest
    @CsvSource({
        "80, 0",
        "bf, 0",
        "c0af, 0",
        "c1bf, 0",
        "c27f, 1",
        "c2c0, 1",
        "e09f, 1",
        "e0a07f, 2",
        "e0c0, 1",
        "eda0, 1",
        "edbf, 1",
        "ee7f, 1",
        "efbfc0, 2",
        "f08f, 1",
        "f0907f, 2",
        "f490, 1",
        "f48fbf7f, 3",
        "f5, 0",
        "f8, 0",
        "fe, 0",
        "ff, 0",
        "61ff, 1",
        "c3a9, -1",
        "e282ac, -1",
        "ed9fbf, -1",
        "f48fbfbf, -1",
        "f0908080, -1",
        "e0a080, -1"
    })
    void failsAtTheFirstImpossibleByte(String hex, int expected) {
        byte[] b = Peer.bytes(hex);
        assertThat(firstRefused(b)).isEqualTo(expected);
        assertThat(Utf8Validator.isValid(b, 0, b.length)).isEqualTo(expected == NONE);
        agree(b);
    }

    @Test
    void aCutCodePointIsNotComplete() {
        byte[] b = Peer.utf8("€");
        Utf8Validator validator = new Utf8Validator();
        assertThat(validator.accept(b, 0, 2)).isTrue();
        assertThat(validator.isComplete()).isFalse();
        assertThat(Utf8Validator.isValid(b, 0, 2)).isFalse();
        validator.reset();
        assertThat(validator.isComplete()).isTrue();
    }

    @Test
    void anyBytesAreJudgedLikeTheJdk() {
        SplittableRandom random = new SplittableRandom(17);
        String[] parts = {"a", "plain ascii text", "é", "€", "😀", "\u0800", "\uFFFF", "\u0080"};
        for (int i = 0; i < 20_000; i++) {
            byte[] b = new byte[0];
            for (int n = random.nextInt(8); n >= 0; n--) {
                b = Peer.join(b, Peer.utf8(parts[random.nextInt(parts.length)]));
            }
            if (random.nextBoolean()) {
                b[random.nextInt(b.length)] = (byte) random.nextInt();
            }
            agree(b);
            assertThat(firstRefused(b) == NONE).isEqualTo(isBeginOfText(b));
        }
    }
}

package caffeine.http.h1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import caffeine.http.OutputBuffer;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;

@DisplayName("RFC 9112 §7.1")
class BodyEncoderTest {
    private static final byte[] CONTENT = "Hello, world".getBytes(StandardCharsets.ISO_8859_1);

    private final OutputBuffer out = new OutputBuffer();

    @Test
    void aChunkIsItsSizeAndItsContent() {
        BodyEncoder.chunk(out, CONTENT, 7, 12);
        assertThat(out).hasToString("5\r\nworld\r\n");
    }

    @Test
    void contentMayStayWhereItIs() {
        BodyEncoder.chunkHead(out, 12);
        out.put(CONTENT);
        BodyEncoder.chunkTail(out);
        assertThat(out).hasToString("c\r\nHello, world\r\n");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "15, f", "16, 10", "65536, 10000", "4294967296, 100000000"})
    void sizesAreHexadecimal(long length, String size) {
        BodyEncoder.chunkHead(out, length);
        assertThat(out).hasToString(size + "\r\n");
    }

    @Test
    void noContentIsNoChunk() {
        BodyEncoder.chunk(out, CONTENT, 3, 3);
        assertThat(out.length()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void anEmptyChunkWouldEndTheContent(long length) {
        assertThatIllegalArgumentException().isThrownBy(() -> BodyEncoder.chunkHead(out, length));
    }

    @Test
    void theLastChunkHasNoTrailerSection() {
        BodyEncoder.last(out);
        assertThat(out).hasToString("0\r\n\r\n");
    }
}

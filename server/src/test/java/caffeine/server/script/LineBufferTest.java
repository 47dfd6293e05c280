package caffeine.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class LineBufferTest {

    private static final int MOST = 5000;

    private final LineBuffer buffer = new LineBuffer(MOST);
    private final List<String> lines = new ArrayList<>();

    private void add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at < bytes.length; ) {
            at = buffer.add(bytes, at);
            assertThat(buffer.isTooLong()).isFalse();
            if (buffer.isComplete()) {
                lines.add(new String(buffer.take(), StandardCharsets.US_ASCII));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 4096, 100_000})
    void linesDoNotDependOnHowTheyArrive(int step) {
        String[] all = {"", "a", "", "b".repeat(MOST), "c".repeat(1024), "d".repeat(1025), "e"};
        String text = String.join("\n", all) + "\n";
        for (int i = 0; i < text.length(); i += step) {
            add(text.substring(i, Math.min(text.length(), i + step)));
        }
        assertThat(lines).containsExactly(all);
        assertThat(buffer.hasBegun()).isFalse();
    }

    @Test
    void whatHasNoEndYetIsThere() {
        add("one\ntw");
        assertThat(lines).containsExactly("one");
        assertThat(buffer.hasBegun()).isTrue();
        assertThat(new String(buffer.take(), StandardCharsets.US_ASCII)).isEqualTo("tw");
    }

    @Test
    void keepsNothingBetweenLines() {
        add("x".repeat(MOST));
        assertThat(buffer.heldBytes()).isEqualTo(MOST);
        add("\n");
        assertThat(buffer.heldBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, MOST})
    void aLineThatIsTooLongIsDropped(int before) {
        add("x".repeat(before));
        byte[] rest = new byte[MOST + 1 - before];
        Arrays.fill(rest, (byte) 'x');
        assertThat(buffer.add(rest, 0)).isEqualTo(rest.length);
        assertThat(buffer.isTooLong()).isTrue();
        assertThat(buffer.heldBytes()).isZero();
        buffer.clear();
        assertThat(buffer.isTooLong()).isFalse();
    }

    @Test
    void alsoWhenItsEndIsThere() {
        byte[] line = ("x".repeat(MOST + 1) + "\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(buffer.add(line, 0)).isEqualTo(line.length);
        assertThat(buffer.isTooLong()).isTrue();
    }
}

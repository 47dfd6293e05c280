package caffeine.http.h1;

import static caffeine.http.h1.Feeding.accepted;
import static caffeine.http.h1.Feeding.get;
import static caffeine.http.h1.Feeding.parse;
import static caffeine.http.h1.Feeding.refused;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.Limits;
import caffeine.http.h1.Feeding.Line;
import caffeine.http.h1.Feeding.Unfinished;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldSectionTest {

    private static final String LINE = "GET / HTTP/1.1\r\n";

    @Nested
    class Rfc9112Section2_2_MessageParsing {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "X-A: a\nX-B: b",
                    "X-A: a\n",
                    "X-A\n: a",
                    "X-A:\n",
                    "\n",
                    "X-A: a\rb",
                    "X-A: a\r\r",
                    "X-A:\r",
                    "X-A: a\r\rX-B: b",
                    "X-A: a\r\n\r\r\n",
                    "X-A: a\r\n\n"
                })
        void rejectsBareLineFeedAndBareCarriageReturn(String line) {
            assertThat(refused(get(line))).isEqualTo("400 RFC 9112 §2.2");
        }

        @Test
        void rejectsABareLineFeedAtTheEnd() {
            assertThat(refused(LINE + "Host: x.test\r\n\n\r\n\r\n")).isEqualTo("400 RFC 9112 §2.2");
            assertThat(refused(LINE + "Host: x.test\r\n\r\r\n")).isEqualTo("400 RFC 9112 §2.2");
        }

        @ParameterizedTest
        @ValueSource(strings = {" ", "\t"})
        void rejectsWhitespaceBeforeTheFirstLine(String space) {
            assertThat(refused(LINE + space + "X-A: a\r\nHost: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §2.2");
            assertThat(refused(LINE + space + "\r\nHost: x.test\r\n\r\n"))
                    .isEqualTo("400 RFC 9112 §2.2");
        }
    }

    @Nested
    class Rfc9112Section5_FieldSyntax {

        @Test
        void keepsLinesInTheirOrder() {
            assertThat(accepted(get("X-A: 1", "x-b: 2", "X-A: 3")).lines())
                    .containsExactly(
                            new Line("Host", "x.test"),
                            new Line("X-A", "1"),
                            new Line("x-b", "2"),
                            new Line("X-A", "3"));
        }

        @Test
        void takesMoreLinesThanAreUsual() {
            String[] lines = new String[99];
            for (int i = 0; i < lines.length; i++) {
                lines[i] = "X-" + i + ": " + i;
            }
            assertThat(accepted(get(lines)).lines())
                    .hasSize(100)
                    .endsWith(new Line("X-97", "97"), new Line("X-98", "98"));
        }

        @Test
        void rejectsALineWithoutAColonOrName() {
            assertThat(refused(get("X-A"))).isEqualTo("400 RFC 9112 §5");
            assertThat(refused(get(": a"))).isEqualTo("400 RFC 9112 §5");
            assertThat(refused(get(":"))).isEqualTo("400 RFC 9112 §5");
        }
    }

    @Nested
    class Rfc9112Section5_1_FieldLineParsing {

        @ParameterizedTest
        @ValueSource(strings = {"X-A : a", "X-A\t: a", "X-A  : a", "X A: a", "Content-Length : 1"})
        void rejectsWhitespaceBeforeTheColon(String line) {
            assertThat(refused(get(line))).isEqualTo("400 RFC 9112 §5.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"X-A:a", "X-A: a", "X-A:\ta", "X-A: \t a\t \t", "X-A:a                "})
        void takesWhitespaceOffTheValue(String line) {
            assertThat(accepted(get(line)).values("X-A")).containsExactly("a");
        }

        @ParameterizedTest
        @ValueSource(strings = {"X-A:", "X-A: ", "X-A:\t \t         "})
        void aValueMayBeEmpty(String line) {
            assertThat(accepted(get(line)).values("X-A")).containsExactly("");
        }
    }

    @Nested
    class Rfc9112Section5_2_LineFolding {

        @ParameterizedTest
        @ValueSource(strings = {"X-A: a\r\n b", "X-A: a\r\n\tb", "X-A:\r\n a", "X-A: a\r\n "})
        void isRejected(String line) {
            assertThat(refused(get(line))).isEqualTo("400 RFC 9112 §5.2");
        }
    }

    @Nested
    class Rfc9110Section5_1_FieldNames {

        @Test
        void areAnyToken() {
            String name = "X!#$%&'*+-.^_`|~09azAZ";
            assertThat(accepted(get(name + ": a")).values(name)).containsExactly("a");
            assertThat(accepted(get("x: a")).values("x")).containsExactly("a");
        }

        @Test
        void holdNothingElse() {
            for (char c = 0; c <= 0xFF; c++) {
                boolean token = Character.isLetterOrDigit(c) && c < 0x80;
                if (!token && "!#$%&'*+-.^_`|~:".indexOf(c) < 0) {
                    assertThat(refused(get("X" + c + "A: a"))).startsWith("400 RFC 91");
                }
            }
            assertThat(refused(get("X(A): a"))).isEqualTo("400 RFC 9110 §5.1");
            assertThat(refused(get("X\0A: a"))).isEqualTo("400 RFC 9110 §5.1");
            assertThat(refused(get("\u00dcber: a"))).isEqualTo("400 RFC 9110 §5.1");
        }
    }

    @Nested
    class Rfc9110Section5_5_FieldValues {

        @Test
        void mayHoldVisibleCharactersWhitespaceAndObsText() {
            StringBuilder all = new StringBuilder("a\t");
            for (char c = ' '; c <= 0xFF; c++) {
                all.append(c == 0x7F ? "" : c);
            }
            assertThat(accepted(get("X-A: " + all)).values("X-A")).containsExactly(all.toString());
        }

        @Test
        void holdNoControls() {
            for (char c = 0; c <= 0x7F; c++) {
                if ((c < ' ' && "\t\r\n".indexOf(c) < 0) || c == 0x7F) {
                    // At each place in and behind a word of eight bytes.
                    for (int before = 0; before < 10; before++) {
                        String value = "\u00ff".repeat(before) + c + "\t".repeat(9 - before);
                        assertThat(refused(get("X-A: " + value))).isEqualTo("400 RFC 9110 §5.5");
                    }
                }
            }
        }

        @Test
        void mayHoldTabsAnywhere() {
            for (int before = 1; before < 10; before++) {
                String value = "a".repeat(before) + "\t\t" + "b".repeat(9);
                assertThat(accepted(get("X-A: " + value)).values("X-A")).containsExactly(value);
            }
        }
    }

    @Nested
    class Rfc6585Section5_Limits {

        @Test
        void countTheLineEndsButNotTheLastOne() {
            Limits limits = Limits.DEFAULTS.withFieldSectionBytes("Host: x\r\nA: b\r\n".length());
            assertThat(accepted(limits, LINE + "Host: x\r\nA: b\r\n\r\n").host()).isEqualTo("x");
            assertThat(refused(limits, LINE + "Host: x\r\nA: bc\r\n\r\n"))
                    .isEqualTo("431 RFC 6585 §5");
            assertThat(refused(limits, LINE + "Host: x\r\nA: b\r\nC:\r\n\r\n"))
                    .isEqualTo("431 RFC 6585 §5");
        }

        @Test
        void mayCutALineAnywhere() {
            String lines = "Host: x\r\nAb: \t cd \r\n";
            for (int bytes = 0; bytes < lines.length(); bytes++) {
                assertThat(refused(Limits.DEFAULTS.withFieldSectionBytes(bytes), LINE + lines))
                        .isEqualTo("431 RFC 6585 §5");
            }
        }

        @Test
        void areSeenOnAnUnfinishedLine() {
            Limits limits = Limits.DEFAULTS.withFieldSectionBytes(16);
            assertThat(parse(limits, LINE + "A: " + "a".repeat(13)))
                    .isEqualTo(new Unfinished(true));
            assertThat(refused(limits, LINE + "A: " + "a".repeat(14))).isEqualTo("431 RFC 6585 §5");
        }

        @Test
        void comeBeforeWhatLiesBehindThem() {
            Limits limits = Limits.DEFAULTS.withFieldSectionBytes(16);
            assertThat(refused(limits, LINE + "A: " + "a".repeat(13) + "\0"))
                    .isEqualTo("431 RFC 6585 §5");
            assertThat(refused(limits, LINE + "A: " + "a".repeat(12) + "\0"))
                    .isEqualTo("400 RFC 9110 §5.5");
        }

        @Test
        void countTheLinesAndHostAmongThem() {
            Limits limits = Limits.DEFAULTS.withFieldLines(3);
            assertThat(accepted(limits, get("A: a", "B: b")).lines()).hasSize(3);
            assertThat(refused(limits, get("A: a", "B: b", "C"))).isEqualTo("431 RFC 6585 §5");
        }

        @Test
        void areByDefault32KiBAnd100Lines() {
            String longest = "A: " + "a".repeat(32_768 - "Host: x.test\r\nA: \r\n".length());
            assertThat(accepted(get(longest)).lines()).hasSize(2);
            assertThat(refused(get(longest + "a"))).isEqualTo("431 RFC 6585 §5");
            assertThat(accepted(LINE + "Host: x\r\n" + "A: a\r\n".repeat(99) + "\r\n").lines())
                    .hasSize(100);
            assertThat(refused(LINE + "Host: x\r\n" + "A: a\r\n".repeat(100) + "\r\n"))
                    .isEqualTo("431 RFC 6585 §5");
        }
    }
}

package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.function.IntPredicate;

class SyntaxTest {

    private interface ByteTest {
        boolean holds(byte b);
    }

    private static void same(ByteTest actual, IntPredicate expected) {
        for (int c = 0; c <= 0xFF; c++) {
            assertThat(actual.holds((byte) c)).as("0x%02x", c).isEqualTo(expected.test(c));
        }
    }

    private static boolean isLetterOrDigit(int c) {
        return c < 0x80 && Character.isLetterOrDigit(c);
    }

    @Test
    void rfc9110Section5_6_2_tokens() {
        same(
                Syntax::isTokenChar,
                c -> isLetterOrDigit(c) || (c > 0 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0));
        assertThat(Syntax.isToken("X-A")).isTrue();
        assertThat(Syntax.isToken("")).isFalse();
        assertThat(Syntax.isToken("X A")).isFalse();
        assertThat(Syntax.isToken("X\u0141")).isFalse();
    }

    @Test
    void rfc9110Section5_5_fieldValues() {
        same(Syntax::isFieldValueChar, c -> c == '\t' || (c >= ' ' && c != 0x7F));
        assertThat(Syntax.isFieldValue("")).isTrue();
        assertThat(Syntax.isFieldValue("a\u00e9\t")).isTrue();
        assertThat(Syntax.isFieldValue("a\r\n")).isFalse();
        assertThat(Syntax.isFieldValue("\u0141")).isFalse();
    }

    @Test
    void rfc9110Section5_6_4_quotedStrings() {
        same(
                Syntax::isQuotedText,
                c -> c == '\t' || (c >= ' ' && c != 0x7F && c != '"' && c != '\\'));
    }

    @Test
    void rfc9112Section3_2_requestTargets() {
        same(Syntax::isTargetChar, c -> c > ' ' && c < 0x7F && "\"#<>".indexOf(c) < 0);
    }

    @Test
    void rfc3986Section3_2_2_registeredNames() {
        same(
                Syntax::isRegNameChar,
                c -> isLetterOrDigit(c) || (c > 0 && "-._~!$&'()*+,;=".indexOf(c) >= 0));
    }

    @Test
    void rfc1123Section2_1_hostNamesAndUnderscores() {
        same(Syntax::isHostNameChar, c -> isLetterOrDigit(c) || c == '-' || c == '_');
    }

    @Test
    void digitsAndWhitespace() {
        same(Syntax::isDigit, c -> c >= '0' && c <= '9');
        same(Syntax::isHexDigit, c -> c < 0x80 && Character.digit(c, 16) >= 0);
        same(Syntax::isWhitespace, c -> c == ' ' || c == '\t');
        for (int c = 0; c <= 0xFF; c++) {
            assertThat(Syntax.hexValue((byte) c)).isEqualTo(c < 0x80 ? Character.digit(c, 16) : -1);
        }
    }

    @Test
    void lowerCaseIsThatOfAsciiAlone() {
        for (int c = 0; c <= 0x7F; c++) {
            assertThat(Syntax.lowerCase(c)).isEqualTo(Character.toLowerCase(c));
        }
        assertThat(Syntax.lowerCase((byte) 0xC9)).isEqualTo((byte) 0xC9);
    }
}

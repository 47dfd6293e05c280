package caffeine.http.form;

import static caffeine.http.form.MultipartFeeding.bytes;
import static caffeine.http.form.MultipartFeeding.everywhere;
import static caffeine.http.form.MultipartFeeding.outcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import caffeine.http.FieldList;
import caffeine.http.HttpException;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

class MultipartParserTest {

    private static final String DISPOSITION = "content-disposition: form-data; name=a\r\n";

    private static final String A = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";

    private static String part(String content) {
        return A + content + "\r\n--b--\r\n";
    }

    /** A part whose Content-Disposition has these parameters. */
    private static String named(String parameters) {
        return outcome(
                "--b\r\nContent-Disposition: form-data" + parameters + "\r\n\r\n\r\n--b--\r\n");
    }

    @Nested
    class Rfc2046Section5_1_1_Grammar {

        @Test
        void partsInOrder() {
            assertThat(
                            outcome(
                                    A
                                            + "one\r\n"
                                            + "--b\r\nContent-Disposition: form-data; name=f;"
                                            + " filename=\"x.png\"\r\nContent-Type: image/png"
                                            + "\r\n\r\n\0\u00ff\r\n\r\n--b--\r\n"))
                    .isEqualTo(
                            "part a text/plain|one|/part|"
                                    + "part f 'x.png' image/png|\0\u00ff\r\n|/part|end");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "x",
                    "\r\n",
                    "\r\n\r\n",
                    "\r",
                    "\n",
                    "-",
                    "--",
                    "x--b",
                    "x\n--b",
                    "x\r--b",
                    "\r\r\n-",
                    "\r\n--",
                    "\r\n--c",
                    "\r\n--B",
                    "\r\n-\r\n--a",
                    "\r\n --b",
                    "\r\n--\r\n--",
                })
        void contentIsEverythingUpToTheNextBoundary(String content) {
            assertThat(outcome(part(content)))
                    .isEqualTo(
                            "part a text/plain|"
                                    + content
                                    + (content.isEmpty() ? "" : "|")
                                    + "/part|end");
        }

        @Test
        void aPartMayEndWithItsHead() {
            assertThat(outcome(A + "--b--")).isEqualTo("part a text/plain|/part|end");
            assertThat(outcome(A + part("x")))
                    .isEqualTo("part a text/plain|/part|part a text/plain|x|/part|end");
        }

        @Test
        void aFormWithoutParts() {
            assertThat(outcome("--b--\r\n")).isEqualTo("end");
            assertThat(outcome("--b--")).isEqualTo("end");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"preamble\r\n", "\r\n", "--\r\n", "--a\r\n--\r\n", "x--b\r\n", "\r"})
        void preambleIsIgnored(String preamble) {
            String lineEnd = preamble.endsWith("\n") ? "" : "\r\n";
            assertThat(outcome(preamble + lineEnd + part("x")))
                    .isEqualTo("part a text/plain|x|/part|end");
        }

        @ParameterizedTest
        @ValueSource(strings = {"\r\n", "\r\nepilogue", "\r\n\r\n--b\r\n", " \t\r\n--b", " ", ""})
        void epilogueIsIgnored(String epilogue) {
            assertThat(outcome(A + "x\r\n--b--" + epilogue))
                    .isEqualTo("part a text/plain|x|/part|end");
        }

        @Test
        void paddingBehindABoundaryIsIgnored() {
            assertThat(outcome(A.replace("--b", "--b \t ") + "x\r\n--b-- \t\r\n"))
                    .isEqualTo("part a text/plain|x|/part|end");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\r\n--bc\r\n",
                    "\r\n--b-\r\n",
                    "\r\n--b-x",
                    "\r\n--b -",
                    "\r\n--b --\r\n",
                    "\r\n--b\n",
                    "\r\n--b\r\r\n",
                    "\r\n--b\rx",
                    "\r\n--b--x",
                    "\r\n--b---",
                    "\r\n--b-- x",
                    "\r\n--b--\n",
                    "\r\n--b--\rx",
                })
        void aBoundaryWithMoreBehindItIsRefused(String text) {
            String more = DISPOSITION + "\r\n\r\n--b--";
            assertThat(outcome(A + "x\r\n--b\r\n" + more)).endsWith("end");
            assertThat(outcome(A + "x" + text + more))
                    .isEqualTo("part a text/plain|x|/part|400 RFC 2046 §5.1.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "x",
                    "--",
                    "--b",
                    "--b-",
                    "--b\r\n",
                    "--b\r\nContent-Disposition: form-data; name=a\r\n",
                    "--c--\r\n",
                    " --b--\r\n",
                    "\n--b--\r\n",
                    "--b--\r",
                })
        void aFormWithoutItsEndIsRefused(String form) {
            assertThat(outcome(form)).isEqualTo("400 RFC 2046 §5.1.1");
        }

        @ParameterizedTest
        @ValueSource(strings = {"--b: x\r\n", "--b--\r\n", "X: a\r\n--b-c: x\r\n"})
        void aBoundaryInAHeadIsRefused(String lines) {
            assertThat(outcome(A.replace("\r\n\r\n", "\r\n" + lines + "\r\n") + "x\r\n--b--"))
                    .isEqualTo("400 RFC 2046 §5.1.1");
            assertThat(outcome("--b\r\n" + lines + A.substring(5) + "x\r\n--b--"))
                    .isEqualTo("400 RFC 2046 §5.1.1");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "x", "\r\n", "\r\n--", "\r\n--b", "\r\n--b\r\n"})
        void aPartWithoutItsEndIsRefused(String content) {
            assertThat(outcome(A + content)).startsWith("part a").endsWith("400 RFC 2046 §5.1.1");
        }
    }

    @Nested
    class Rfc7578Section4_1_Boundary {

        private static String boundary(String type) {
            return MultipartParser.boundary(FieldList.of("Content-Type", type));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "multipart/form-data; boundary=b | b",
                    "Multipart/Form-Data;BOUNDARY=b | b",
                    "multipart/form-data; charset=utf-8; boundary=\"a b\" ; | a b",
                    "multipart/form-data; boundary=\"\\a\" | a",
                    "multipart/form-data; boundary=----WebKitForm0 | ----WebKitForm0",
                    "multipart/form-data; boundary=\"'()+_,-./:=?\" | '()+_,-./:=?",
                })
        void isATokenOrQuoted(String type, String expected) {
            assertThat(boundary(type)).isEqualTo(expected);
            assertThat(MultipartParser.accepts(FieldList.of("Content-Type", type))).isTrue();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "multipart/form-data",
                    "multipart/form-data; boundary",
                    "multipart/form-data; boundary=",
                    "multipart/form-data; boundary=\"\"",
                    "multipart/form-data; boundary=\"b",
                    "multipart/form-data; boundary=\"b \"",
                    "multipart/form-data; boundary=\"b\"c",
                    "multipart/form-data; boundary=b c",
                    "multipart/form-data; boundary = b",
                    "multipart/form-data; boundary=a:b",
                    "multipart/form-data; boundary=a; boundary=b",
                    "multipart/form-data; boundary=\"a\u00e9\"",
                    "multipart/form-data; boundary=\"a\tb\"",
                    "multipart/form-data; boundary=\"a;b\"",
                    "multipart/form-data; boundary=a*b",
                    "multipart/form-data, boundary=b",
                    "multipart/; boundary=b",
                    "; boundary=b",
                })
        void isRequired(String type) {
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(() -> boundary(type))
                    .satisfies(e -> assertThat(e.status()).isEqualTo(400));
        }

        @Test
        void hasUpTo70Characters() {
            String longest = "x".repeat(70);
            assertThat(boundary("multipart/form-data; boundary=" + longest)).isEqualTo(longest);
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(() -> boundary("multipart/form-data; boundary=x" + longest));
            for (String none : new String[] {"", "x" + longest, "a ", "a\r\n", "\u00e9"}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> MultipartFeeding.parser(none, FormLimits.DEFAULTS));
            }
        }

        @Test
        void otherContentIsRefused() {
            for (FieldList fields :
                    List.of(
                            new FieldList(),
                            FieldList.of("Content-Type", "multipart/mixed; boundary=b"),
                            FieldList.of("Content-Type", Parameters.MEDIA_TYPE))) {
                assertThat(MultipartParser.accepts(fields)).isFalse();
                assertThatExceptionOfType(HttpException.class)
                        .isThrownBy(() -> MultipartParser.boundary(fields))
                        .satisfies(e -> assertThat(e.status()).isEqualTo(415));
            }
        }

        @Test
        void twoContentTypesAreRefused() {
            String type = "multipart/form-data; boundary=b";
            FieldList fields = FieldList.of("Content-Type", type, "Content-Type", type);
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(() -> MultipartParser.boundary(fields))
                    .satisfies(e -> assertThat(e.status()).isEqualTo(400));
        }
    }

    @Nested
    class Rfc7578Section4_2_ContentDisposition {

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "; name=a | a",
                    "; name=\"a b\" | a b",
                    "; name=\"\" | ''",
                    ";NAME=a | a",
                    "; name=\"a%22b\" | a\"b",
                    "; name=\"a%0D%0Ab\" | a\\r\\nb",
                    "; name=\"100%\" | 100%",
                    "; name=\"%41%0a%2522\" | %41%0a%2522",
                    "; name=\"a\\\"b\\\\c\\d\" | a\"b\\c\\d",
                    "; name=\"a;b\"; x=y | a;b",
                    "; name=\"user[name]\" | user[name]",
                    "; name=a; name*=UTF-8''b | a",
                })
        void hasAName(String parameters, String expected) {
            assertThat(named(parameters))
                    .isEqualTo(
                            "part " + expected.replace("\\r\\n", "\r\n") + " text/plain|/part|end");
        }

        @Test
        void namesAreUtf8() {
            assertThat(named("; name=\"caf\u00c3\u00a9\"")).startsWith("part caf\u00e9 ");
            assertThat(named("; name=\"caf\u00e9\"")).isEqualTo("400 RFC 7578 §5.1");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "; filename=a",
                    "; name",
                    "; name=",
                    "; name=\"a",
                    "; name=\"a\\\"",
                    "; name=a; name=b",
                    "; name=a b",
                    "; name=a, b",
                    "; name*=UTF-8''a",
                    "x; name=a",
                    "/x; name=a",
                })
        void aPartWithoutAValidNameIsRefused(String parameters) {
            assertThat(named(parameters)).isEqualTo("400 RFC 7578 §4.2");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Content-Disposition: attachment; name=a\r\n",
                    "Content-Type: text/plain\r\n",
                    "",
                    DISPOSITION + DISPOSITION,
                    "Content-Disposition:\r\n",
                })
        void aPartHasOneContentDisposition(String head) {
            assertThat(outcome("--b\r\n" + head + "\r\nx\r\n--b--")).isEqualTo("400 RFC 7578 §4.2");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "\"x.png\" | x.png",
                    "x.png | x.png",
                    "\"../../x\" | x",
                    "\"..%22/x\" | x",
                    "\"/etc/passwd\" | passwd",
                    "\"C:\\dir\\x.png\" | x.png",
                    "\"C:\\\\dir\\\\x.png\" | x.png",
                    "\"..\\..\\x\" | x",
                    "\"a/..\\b/c\" | c",
                    "\"a/\" | ``",
                    "\"..\" | ``",
                    "\".\" | ``",
                    "\"a/..\" | ``",
                    "\".%0D.\" | ``",
                    "\"\" | ``",
                    "\"...\" | ...",
                    "\".profile\" | .profile",
                    "\"a%0D%0Ab\tc\" | abc",
                    "\"a%22b\" | a\"b",
                    "\"100%.txt\" | 100%.txt",
                    "\"a%2Fb\" | a%2Fb",
                    "\"a b;c.txt\" | a b;c.txt",
                })
        void aFileNameIsItsLastComponent(String sent, String expected) {
            assertThat(named("; name=f; filename=" + sent))
                    .isEqualTo("part f '" + expected + "' text/plain|/part|end");
        }

        @Test
        void aFileNameIsUtf8WithoutControls() {
            assertThat(named("; name=f; filename=\"\u00e2\u0082\u00ac\u00c2\u0085.\u00c2\u009f\""))
                    .startsWith("part f '\u20ac.' ");
            assertThat(named("; name=f; filename=\".\u00c2\u0085.\"")).startsWith("part f '' ");
            assertThat(named("; name=f; filename=\"\u00e9\"")).isEqualTo("400 RFC 7578 §5.1");
        }

        @Test
        void theOtherFileNameIsIgnored() {
            assertThat(named("; name=f; filename*=UTF-8''x")).startsWith("part f text/plain");
            assertThat(named("; name=f; filename=a; filename*=UTF-8''x")).startsWith("part f 'a' ");
        }
    }

    @Nested
    class Rfc7578Section4_4_To_4_8_Fields {

        @Test
        void areKept() {
            List<Part> parts = new ArrayList<>();
            MultipartParser parser = MultipartFeeding.parser(parts);
            byte[] form =
                    bytes(
                            "--b\r\nX-A: 1\r\n"
                                    + DISPOSITION
                                    + "Content-Type: Text/HTML; charset=x\r\nx-a:\t\u00e9 \r\n"
                                    + "\r\ncontent\r\n--b--");
            parser.parse(form, 0, form.length);
            parser.end();
            assertThat(parts).hasSize(1);
            assertThat(parts.getFirst().contentType()).isEqualTo("Text/HTML; charset=x");
            assertThat(parts.getFirst().fields().all("X-A")).containsExactly("1", "\u00e9");
        }

        @Test
        void aTransferEncodingHasNoEffect() {
            assertThat(
                            outcome(
                                    A.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64")
                                            + "\r\n\r\nQQ==\r\n--b--"))
                    .isEqualTo("part a text/plain|QQ==|/part|end");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "X\r\n",
                    "X A: b\r\n",
                    "X : b\r\n",
                    ": b\r\n",
                    " folded\r\n",
                    "\tfolded: x\r\n",
                    "X: a\0b\r\n",
                    "X: a\rb\r\n",
                    "X: a\r\r\n",
                    "\u00e9: b\r\n",
                })
        void invalidLinesAreRefused(String line) {
            assertThat(outcome(A.replace("\r\n\r\n", "\r\n" + line + "\r\n") + "x\r\n--b--"))
                    .isEqualTo("400 RFC 5322 §2.2");
        }

        @ParameterizedTest
        @ValueSource(strings = {"\n", "X: a\n", "X: a\n\n", "X: a\n\r\n"})
        void bareLineFeedsAreRefused(String text) {
            assertThat(outcome("--b\r\n" + text)).isEqualTo("400 RFC 5322 §2.3");
        }
    }

    @Nested
    class Limits {

        @Test
        void aThousandParts() {
            String part = A + "x\r\n";
            assertThat(outcome(part.repeat(1000) + "--b--")).endsWith("end");
            assertThat(outcome(part.repeat(1001) + "--b--")).endsWith("413 RFC 9110 §15.5.14");
        }

        @Test
        void aMillionPartsEndAtTheLimit() {
            String[] events = outcome((A + "\r\n").repeat(1_000_000)).split("\\|", -1);
            assertThat(events).hasSize(2 * 1000 + 1).endsWith("413 RFC 9110 §15.5.14");
        }

        @Test
        void canBeChanged() {
            FormLimits limits = FormLimits.DEFAULTS.withFields(1).withPartHeadBytes(A.length());
            byte[] one = bytes(part("x"));
            MultipartFeeding.parser("b", limits).parse(one, 0, one.length);
            byte[] two = bytes(A + part("x"));
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(
                            () -> MultipartFeeding.parser("b", limits).parse(two, 0, two.length))
                    .satisfies(e -> assertThat(e.status()).isEqualTo(413));
            FormLimits small = limits.withPartHeadBytes(10);
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(() -> MultipartFeeding.parser("b", small).parse(one, 0, one.length))
                    .satisfies(e -> assertThat(e.status()).isEqualTo(413));
        }

        @Test
        void eightKibibytesOfHead() {
            String start = "--b\r\nContent-Disposition: form-data; name=a\r\nX: ";
            int fits = 8192 + "--b\r\n".length() - start.length() - "\r\n\r\n".length();
            String end = "\r\n\r\n\r\n--b--";
            assertThat(outcome(start + "x".repeat(fits) + end)).endsWith("end");
            assertThat(outcome(start + "x".repeat(fits + 1) + end))
                    .isEqualTo("413 RFC 9110 §15.5.14");
            assertThat(outcome("--b\r\n" + "x".repeat(1_000_000)))
                    .isEqualTo("413 RFC 9110 §15.5.14");
        }
    }

    @Nested
    class Pieces {

        private static final String[] WORDS = {
            "\r",
            "\n",
            "\r\n",
            "-",
            "--",
            "--b",
            "--b--",
            "--b\r\n",
            "b",
            "\r\n--b",
            "x",
            " ",
            "\r\n--b--\r\n",
            "\r\n--b\r\n",
            A,
            "\r\n" + A,
            "\r\n\r\n",
            "%22",
            "\"",
            ": ",
            "Content-Disposition: form-data; name=",
            "; filename=\"",
            "\u00c3\u00a9",
        };

        private static final int EXAMPLES = Boolean.getBoolean("caffeine.full") ? 500_000 : 10_000;

        @Test
        void changeNoEvent() {
            SplittableRandom random = new SplittableRandom(2046);
            int complete = 0;
            for (int i = 0; i < EXAMPLES; i++) {
                StringBuilder form = new StringBuilder(random.nextInt(8) == 0 ? "" : A);
                for (int n = random.nextInt(12); n > 0; n--) {
                    form.append(WORDS[random.nextInt(WORDS.length)]);
                }
                form.append(random.nextInt(4) == 0 ? "" : "\r\n--b--");
                int length = form.length();
                String whole = outcome(form.toString());
                int[] some = random.ints(5, 0, length + 1).sorted().toArray();
                for (int[] cuts : new int[][] {everywhere(length), some}) {
                    assertThat(outcome(form.toString(), cuts))
                            .as("%s, cut at %s", form, Arrays.toString(cuts))
                            .isEqualTo(whole);
                }
                complete += whole.endsWith("end") ? 1 : 0;
            }
            assertThat(complete).as("some are complete").isGreaterThan(EXAMPLES / 10);
        }

        @Test
        void contentIsPassedOnInAsFewPieces() {
            List<String> ranges = new ArrayList<>();
            MultipartParser parser = MultipartFeeding.contentOf(ranges);
            byte[] form = bytes(A + "a\r\n--xb\r\n--\r\r\n-\r\n--b--");
            parser.parse(form, 0, form.length);
            assertThat(ranges).containsExactly("a\r\n--xb\r\n--\r\r\n-");
        }

        /**
         * Beginnings of a boundary, again and again. Were each to be read anew from its start, 8
         * MiB would take hours.
         */
        @Test
        void beginningsOfABoundaryAreReadOnce() {
            String boundary = "-".repeat(69) + "b";
            long[] seen = new long[1];
            MultipartParser parser = MultipartFeeding.counting(boundary, seen);
            byte[] head = bytes("--" + boundary + A.substring(3));
            parser.parse(head, 0, head.length);
            long sent = 0;
            for (String beginning :
                    new String[] {
                        "\r", "\r\n", "\r\n--", "\r\n" + "-".repeat(71), "-", "\r\n-\r"
                    }) {
                byte[] content = bytes(beginning.repeat((1 << 20) / beginning.length()));
                parser.parse(content, 0, content.length);
                sent += content.length;
            }
            byte[] end = bytes("\r\n--" + boundary + "--");
            parser.parse(end, 0, end.length);
            parser.end();
            assertThat(seen[0]).isEqualTo(sent);
        }
    }
}

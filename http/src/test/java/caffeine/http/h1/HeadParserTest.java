package caffeine.http.h1;

import static caffeine.http.h1.Feeding.bytes;
import static caffeine.http.h1.Feeding.get;
import static caffeine.http.h1.Feeding.head;
import static caffeine.http.h1.Feeding.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.Limits;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class HeadParserTest {
    private static final int[] WHOLE = {};

    private final HeadParser parser = new HeadParser(Limits.DEFAULTS);

    @Nested
    class Rfc9112Section9_3_2_Pipelining {

        @Test
        void stopsBehindTheLastLineEnd() {
            byte[] b = bytes(get() + "hello");
            assertThat(parser.parse(b, 0, b.length)).isEqualTo(b.length - 5);
            assertThat(parser.isComplete()).isTrue();
        }

        @Test
        void takesNothingWhileAHeadIsThere() {
            byte[] b = bytes(get());
            parser.parse(b, 0, b.length);
            assertThat(parser.parse(b, 0, b.length)).isZero();
        }

        @Test
        void readsOneRequestAfterTheOther() {
            byte[] b = bytes(head("GET /1 HTTP/1.1") + head("GET /2 HTTP/1.1", "X-A: a"));
            int at = parser.parse(b, 0, b.length);
            assertThat(parser.head().target().text()).isEqualTo("/1");
            parser.reset();
            assertThat(parser.parse(b, at, b.length)).isEqualTo(b.length);
            assertThat(parser.head().target().text()).isEqualTo("/2");
            assertThat(parser.head().fields().first("x-a")).isEqualTo("a");
        }

        @Test
        void givesBackWhatLiesBehindAHeadThatCameInPieces() {
            String first = head("GET /1 HTTP/1.1", "X-A: " + "a".repeat(3000));
            byte[] b = bytes(first + head("GET /2 HTTP/1.1").repeat(100));
            int at = parser.parse(b, 0, 100);
            at = parser.parse(b, at, b.length);
            assertThat(at).isEqualTo(first.length());
            List<String> targets = new ArrayList<>();
            while (at < b.length) {
                parser.reset();
                at = parser.parse(b, at, b.length);
                targets.add(parser.head().target().text());
            }
            assertThat(targets).hasSize(100).containsOnly("/2");
        }
    }

    @Nested
    class Lifetime {

        @Test
        void aHeadOutlivesTheArrayThatItCameIn() {
            byte[] b = bytes(head("BREW /a?b HTTP/1.1", "X-A: a"));
            parser.parse(b, 0, b.length);
            Arrays.fill(b, (byte) 0);
            assertThat(parser.head().method()).isEqualTo("BREW");
            assertThat(parser.head().target().rawQuery()).isEqualTo("b");
            assertThat(parser.head().fields().first("X-A")).isEqualTo("a");
            assertThat(parser.head()).hasToString("BREW /a?b HTTP/1.1");
        }

        @Test
        void thereIsNoneBeforeItIsComplete() {
            byte[] b = bytes(get());
            parser.parse(b, 0, b.length - 1);
            assertThatIllegalStateException().isThrownBy(parser::head);
        }

        @Test
        void nothingIsLeftOfTheOneBefore() {
            parse(
                    parser,
                    bytes(head("GET http://a.test:1/%41?b HTTP/1.0", "Connection: keep-alive")),
                    WHOLE);
            parse(parser, bytes(get("Expect: 1", "Content-Length: 1")), WHOLE);
            var last = parse(parser, bytes("GET / HTTP/1.0\r\n\r\n"), WHOLE);
            var alone =
                    parse(new HeadParser(Limits.DEFAULTS), bytes("GET / HTTP/1.0\r\n\r\n"), WHOLE);
            assertThat(last).isEqualTo(alone);
        }

        @Test
        void worksAfterAHeadThatWasLarge() {
            parse(parser, bytes(get("X-A: " + "a".repeat(30_000))), WHOLE);
            assertThat(parse(parser, bytes(get("X-A: b")), WHOLE))
                    .isEqualTo(parse(new HeadParser(Limits.DEFAULTS), bytes(get("X-A: b")), WHOLE));
        }
    }

    @Nested
    class WhatWasSeenOfARefusedHead {

        private void refuse(String sample, boolean whole) {
            byte[] b = bytes(sample);
            assertThatExceptionOfType(HttpException.class)
                    .isThrownBy(
                            () -> {
                                int at = whole ? 0 : parser.parse(b, 0, 1);
                                parser.parse(b, at, b.length);
                            });
        }

        @Test
        void isNothingAtFirst() {
            assertThat(parser.seenMethod()).isNull();
            refuse("\u0016\u0003\u0001", true);
            assertThat(parser.seenMethod()).isNull();
            assertThat(parser.seenTarget()).isNull();
        }

        @Test
        void isTheMethod() {
            for (boolean whole : new boolean[] {true, false}) {
                parser.reset();
                refuse("HEAD a\0", whole);
                assertThat(parser.seenMethod()).isEqualTo("HEAD");
                assertThat(parser.seenTarget()).isNull();
            }
        }

        @Test
        void isTheTargetToo() {
            for (boolean whole : new boolean[] {true, false}) {
                parser.reset();
                refuse("HEAD /a?b HTTP/1.1\r\n\r\n", whole);
                assertThat(parser.seenMethod()).isEqualTo("HEAD");
                assertThat(parser.seenTarget()).isEqualTo("/a?b");
            }
        }

        @Test
        void isNothingAfterReset() {
            refuse("HEAD / HTTP/1.1\r\n\r\n", true);
            parser.reset();
            assertThat(parser.seenMethod()).isNull();
            assertThat(parser.seenTarget()).isNull();
        }
    }

    @Nested
    class FieldsOfAHead {

        private Fields fields(String... lines) {
            byte[] b = bytes(get(lines));
            parser.parse(b, 0, b.length);
            return parser.head().fields();
        }

        @Test
        void areFoundInAnyLetterCase() {
            Fields fields = fields("X-A: 1", "x-a: 2", "X-B: 3", "X-Ab: 4");
            assertThat(fields.first("X-a")).isEqualTo("1");
            assertThat(fields.all("x-A")).containsExactly("1", "2");
            assertThat(fields.contains("X-B")).isTrue();
            assertThat(fields.contains("X-C")).isFalse();
            assertThat(fields.first("X-")).isNull();
            assertThat(fields.all("X")).isEmpty();
        }

        @Test
        void keepTheirNamesAsSent() {
            Fields fields =
                    fields("USER-AGENT: a", "user-agent: b", "User-Agent: c", "UsER-Agent: d");
            List<String> names = new ArrayList<>();
            for (int i = 0; i < fields.size(); i++) {
                names.add(fields.name(i));
            }
            assertThat(names)
                    .containsExactly(
                            "Host", "USER-AGENT", "user-agent", "User-Agent", "UsER-Agent");
        }

        @Test
        void haveBounds() {
            Fields fields = fields();
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> fields.value(1));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> fields.name(-1));
        }
    }
}

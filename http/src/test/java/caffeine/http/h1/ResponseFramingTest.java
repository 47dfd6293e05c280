package caffeine.http.h1;

import static caffeine.http.h1.ResponseFraming.NO_LENGTH;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.http.h1.ResponseFraming.Kind;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9112 §6.3")
class ResponseFramingTest {

    private static ResponseFraming framing(String method, int minor, int status, long length) {
        return ResponseFraming.of(method, minor, status, length);
    }

    @Nested
    @DisplayName("1: no content")
    class NoContent {
        @ParameterizedTest
        @CsvSource({"100, -1", "101, 5", "199, 0", "204, -1", "204, 0", "204, 7"})
        void neitherFieldInInterimResponsesAnd204(int status, long declared) {
            assertThat(framing("GET", 1, status, declared))
                    .isEqualTo(new ResponseFraming(Kind.NO_CONTENT, NO_LENGTH));
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 0, 12})
        void aResetSaysThatItIsEmpty(long declared) {
            assertThat(framing("POST", 1, 205, declared))
                    .isEqualTo(new ResponseFraming(Kind.NO_CONTENT, 0));
        }

        @Test
        void notModifiedMayRepeatTheLengthOfWhatItStandsFor() {
            assertThat(framing("GET", 1, 304, 12))
                    .isEqualTo(new ResponseFraming(Kind.NO_CONTENT, 12));
        }

        @ParameterizedTest
        @ValueSource(longs = {-1, 0})
        void notModifiedDoesNotClaimThatItStandsForNothing(long declared) {
            assertThat(framing("GET", 1, 304, declared))
                    .isEqualTo(new ResponseFraming(Kind.NO_CONTENT, NO_LENGTH));
        }

        @ParameterizedTest
        @CsvSource({"1, 200, 12", "0, 200, 12", "1, 404, 0", "1, 200, -1", "0, 200, -1"})
        void headStatesTheLengthThatGetWouldHaveHad(int minor, int status, long declared) {
            assertThat(framing("HEAD", minor, status, declared))
                    .isEqualTo(new ResponseFraming(Kind.NO_CONTENT, declared));
        }

        @Test
        void methodsAreTakenAsTheyAreWritten() {
            assertThat(framing("head", 1, 200, 3).hasContent()).isTrue();
        }
    }

    @Nested
    @DisplayName("2: CONNECT")
    class Connect {
        @Test
        void aTunnelHasNoFraming() {
            assertThat(framing("CONNECT", 1, 200, 3))
                    .isEqualTo(new ResponseFraming(Kind.NO_CONTENT, NO_LENGTH));
        }

        @Test
        void aRefusalIsLikeAnyOther() {
            assertThat(framing("CONNECT", 1, 501, 3))
                    .isEqualTo(new ResponseFraming(Kind.LENGTH, 3));
        }
    }

    @Nested
    @DisplayName("4 to 8: content")
    class Content {
        @ParameterizedTest
        @ValueSource(longs = {0, 1, Long.MAX_VALUE})
        void ofKnownLength(long length) {
            assertThat(framing("GET", 1, 200, length))
                    .isEqualTo(new ResponseFraming(Kind.LENGTH, length));
            assertThat(framing("GET", 0, 200, length))
                    .isEqualTo(new ResponseFraming(Kind.LENGTH, length));
        }

        @Test
        void ofUnknownLengthIsChunked() {
            ResponseFraming framing = framing("GET", 1, 200, NO_LENGTH);
            assertThat(framing.kind()).isEqualTo(Kind.CHUNKED);
            assertThat(framing.hasContent()).isTrue();
            assertThat(framing.endsConnection()).isFalse();
        }

        @Test
        void ofUnknownLengthForOneZeroEndsWithTheConnection() {
            ResponseFraming framing = framing("GET", 0, 200, NO_LENGTH);
            assertThat(framing.kind()).isEqualTo(Kind.CLOSE);
            assertThat(framing.hasContent()).isTrue();
            assertThat(framing.endsConnection()).isTrue();
        }
    }
}

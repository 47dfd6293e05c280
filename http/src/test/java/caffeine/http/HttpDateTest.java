package caffeine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;

@DisplayName("RFC 9110 §5.6.7")
class HttpDateTest {
    private static final long EXAMPLE = 784_111_777;
    private static final long LAST = 253_402_300_799L;

    private static String text(byte[] date) {
        return new String(date, StandardCharsets.ISO_8859_1);
    }

    @Nested
    class Format {
        @Test
        void isTheFixdateOfTheExample() {
            assertThat(text(HttpDate.format(EXAMPLE))).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        }

        @Test
        void isTextOfATime() {
            Instant time = Instant.ofEpochSecond(EXAMPLE, 999_999_999);
            assertThat(HttpDate.format(time)).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        }

        @ParameterizedTest
        @ValueSource(longs = {0, 951_782_400, 951_868_799, 1_709_164_800, 4_107_542_399L, LAST, -1})
        void agreesWithTheCalendarAtItsEdges(long second) {
            assertThat(text(HttpDate.format(second))).isEqualTo(expected(second));
        }

        @Test
        void agreesWithTheCalendarEverywhere() {
            Random random = new Random(9110);
            for (int i = 0; i < 20_000; i++) {
                long second = random.nextLong(-62_167_219_200L, LAST + 1);
                String date = text(HttpDate.format(second));
                assertThat(date).isEqualTo(expected(second)).hasSize(HttpDate.LENGTH);
                assertThat(HttpDate.parse(date)).hasValue(second);
            }
        }

        @Test
        void refusesAYearOfFiveDigits() {
            assertThatThrownBy(() -> HttpDate.format(LAST + 1))
                    .isInstanceOf(DateTimeException.class);
        }

        private static String expected(long second) {
            return DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ROOT)
                    .format(Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC));
        }
    }

    @Nested
    class Parse {
        @Test
        void readsTheFixdateOfTheExample() {
            assertThat(HttpDate.parse("Sun, 06 Nov 1994 08:49:37 GMT")).hasValue(EXAMPLE);
        }

        @Test
        void countsALeapSecondAsTheOneBehindIt() {
            assertThat(HttpDate.parse("Sat, 31 Dec 2016 23:59:60 GMT")).hasValue(1_483_228_800);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "now",
                    "Sunday, 06-Nov-94 08:49:37 GMT",
                    "Sun Nov  6 08:49:37 1994",
                    "Mon, 06 Nov 1994 08:49:37 GMT",
                    "Xyz, 06 Nov 1994 08:49:37 GMT",
                    "sun, 06 Nov 1994 08:49:37 GMT",
                    "Sun, 06 nov 1994 08:49:37 GMT",
                    "Sun, 06 Nov 1994 08:49:37 UTC",
                    "Sun, 06 Nov 1994 08:49:37 gmt",
                    "Sun, 06 Nov 1994 08:49:37 GMT ",
                    "Sun  06 Nov 1994 08:49:37 GMT",
                    "Sun,_06 Nov 1994 08:49:37 GMT",
                    "Sun, 06-Nov 1994 08:49:37 GMT",
                    "Sun, 06 Nov-1994 08:49:37 GMT",
                    "Sun, 06 Nov 1994_08:49:37 GMT",
                    "Sun, 06 Nov 1994 08-49:37 GMT",
                    "Sun, 06 Nov 1994 08:49-37 GMT",
                    "Sun,  6 Nov 1994 08:49:37 GMT",
                    "Sun, 06 Nov 19x4 08:49:37 GMT",
                    "Sun, 06 Nov 1994 24:00:00 GMT",
                    "Sun, 06 Nov 1994 08:60:37 GMT",
                    "Sun, 06 Nov 1994 08:49:61 GMT",
                    "Sun, 00 Nov 1994 08:49:37 GMT",
                    "Sun, 31 Nov 1994 08:49:37 GMT",
                    "Wed, 29 Feb 2023 08:49:37 GMT",
                })
        void readsNothingElse(String text) {
            assertThat(HttpDate.parse(text)).isEmpty();
        }
    }

    @Nested
    class Caching {
        private final HttpDate.Cache cache = new HttpDate.Cache();

        @Test
        void makesOneDateASecond() {
            byte[] date = cache.at(EXAMPLE);
            assertThat(cache.at(EXAMPLE)).isSameAs(date);
            assertThat(text(cache.at(EXAMPLE + 1))).isEqualTo("Sun, 06 Nov 1994 08:49:38 GMT");
        }

        @Test
        void leavesADateInUseAsItWas() {
            byte[] date = cache.at(EXAMPLE);
            cache.at(EXAMPLE + 1);
            assertThat(text(date)).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        }

        @Test
        void followsAClockThatIsSetBack() {
            cache.at(EXAMPLE + 100);
            assertThat(text(cache.at(EXAMPLE))).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        }
    }

    @Nested
    class ParseAny {
        private static final long NOW = 1_800_000_000; // January 2027

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "Sun, 06 Nov 1994 08:49:37 GMT",
                    "Sunday, 06-Nov-94 08:49:37 GMT",
                    "Sun Nov  6 08:49:37 1994",
                })
        void takesAllForms(String text) {
            assertThat(HttpDate.parseAny(text, NOW)).hasValue(EXAMPLE);
        }

        @Test
        void twoDigitsAreAtMostFiftyYearsAhead() {
            long inFifty = Instant.parse("2077-01-01T00:00:00Z").getEpochSecond();
            long behind = Instant.parse("1978-01-01T00:00:00Z").getEpochSecond();
            assertThat(HttpDate.parseAny("Friday, 01-Jan-77 00:00:00 GMT", NOW)).hasValue(inFifty);
            assertThat(HttpDate.parseAny("Sunday, 01-Jan-78 00:00:00 GMT", NOW)).hasValue(behind);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "0",
                    ",",
                    "Sun",
                    "Sunday, 06-Nov-94 08:49:37 UTC",
                    "Monday, 06-Nov-94 08:49:37 GMT",
                    "Sunday, 06 Nov 94 08:49:37 GMT",
                    "Sonntag, 06-Nov-94 08:49:37 GMT",
                    "Sunday, 06-Nov-1994 08:49:37 GMT",
                    "Sunday,",
                    "Sun Nov 32 08:49:37 1994",
                    "Mon Nov  6 08:49:37 1994",
                    "Sun Nov  6 08:49:37 1994 GMT",
                    "Sun Nov  6 25:49:37 1994",
                })
        void refusesAllElse(String text) {
            assertThat(HttpDate.parseAny(text, NOW)).isEmpty();
        }
    }
}

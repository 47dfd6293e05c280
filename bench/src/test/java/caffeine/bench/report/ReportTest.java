package caffeine.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.bench.stats.Summary;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

class ReportTest {

    @Nested
    class ATable {

        @Test
        void isMarkdownThatCanBeReadAsItIs() {
            Table table = new Table("server", "requests/s", "p");
            table.row(List.of("caffeine direct", "2217", "1"));
            table.row(List.of("nginx", "96.5", "12"));
            assertThat(table)
                    .hasToString(
                            """
                            | server          | requests/s |   p |
                            |:----------------|-----------:|----:|
                            | caffeine direct |       2217 |   1 |
                            | nginx           |       96.5 |  12 |
                            """);
        }

        @Test
        void refusesARowThatDoesNotFit() {
            assertThatThrownBy(() -> new Table("a", "b").row(List.of("1")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class AFigure {

        @Test
        void hasThreeDigitsOrSo() {
            assertThat(List.of(0.01234, 0.9994, 0.99951, 9.994, 9.996, 99.94, 99.96, 12345.6))
                    .map(Figures::plain)
                    .containsExactly(
                            "0.012", "0.999", "1.00", "9.99", "10.0", "99.9", "100", "12346");
        }

        @Test
        void isADashWhenItIsNotKnown() {
            assertThat(Figures.plain(Double.NaN)).isEqualTo("–");
            assertThat(Figures.ratio(Double.NaN)).isEqualTo("–");
            assertThat(Figures.range(Summary.of(List.of()))).isEqualTo("–");
        }

        @Test
        void saysHowManyTimes() {
            assertThat(Figures.ratio(1.849)).isEqualTo("×1.85");
        }
    }

    @Nested
    class OfJson {

        @Test
        void isTheRecordWithNullForWhatIsNotKnown() {
            String json = Json.of(Map.of("rate", new Summary(Double.NaN, 1.00049, 2, 3)));
            assertThat(json.replaceAll("\\s", ""))
                    .isEqualTo("{\"rate\":{\"median\":null,\"min\":1.0,\"max\":2.0,\"count\":3}}");
        }
    }
}

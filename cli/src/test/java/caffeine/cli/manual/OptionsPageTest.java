package caffeine.cli.manual;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.cli.options.Option;
import caffeine.server.options.RouteSetting;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The tables of docs/options.md are made from {@link Option} and {@link RouteSetting}. With {@code
 * -Dcaffeine.write=true} this test writes them.
 */
class OptionsPageTest {

    private static final Path PAGE = Path.of("../docs/options.md");

    private static final Pattern TABLE =
            Pattern.compile("(?s)<!-- (options: (\\w+)|routes) -->\n.*?<!-- end -->");

    @Test
    void isUpToDate() throws IOException {
        String page = Files.readString(PAGE);
        String due = TABLE.matcher(page).replaceAll(OptionsPageTest::table);
        if (Boolean.getBoolean("caffeine.write")) {
            Files.writeString(PAGE, due);
        } else {
            assertThat(page).as("write it again with -Dcaffeine.write=true").isEqualTo(due);
        }
    }

    @Test
    void hasEveryGroupOnce() throws IOException {
        Set<Option.Group> missing = EnumSet.allOf(Option.Group.class);
        TABLE.matcher(Files.readString(PAGE))
                .results()
                .filter(table -> table.group(2) != null)
                .forEach(table -> assertThat(missing.remove(group(table))).isTrue());
        assertThat(missing).isEmpty();
    }

    private static String table(MatchResult table) {
        String rows = table.group(2) == null ? routes() : options(group(table));
        String begin = "<!-- " + table.group(1) + " -->\n\n";
        return java.util.regex.Matcher.quoteReplacement(begin + rows + "\n<!-- end -->");
    }

    private static Option.Group group(MatchResult table) {
        return Option.Group.valueOf(table.group(2).toUpperCase(Locale.ROOT));
    }

    private static String options(Option.Group group) {
        StringBuilder rows = new StringBuilder("| option | default | |\n|---|---|---|\n");
        for (Option option : Option.values()) {
            if (option.group == group) {
                String names = String.join("`, `", option.names());
                String label = option.label == null ? "" : " " + option.label;
                String value = option.byDefault == null ? "" : "`" + option.byDefault + "`";
                rows.append("| `").append(names).append(label).append("` | ");
                rows.append(value).append(" | ").append(cell(option.description())).append(" |\n");
            }
        }
        return rows.toString();
    }

    private static String routes() {
        StringBuilder rows = new StringBuilder("| key | value | |\n|---|---|---|\n");
        for (RouteSetting setting : RouteSetting.values()) {
            rows.append("| `").append(setting.key()).append("` | `");
            rows.append(ManPage.value(setting)).append("` | ");
            rows.append(cell(ManPage.describe(setting))).append(" |\n");
        }
        return rows.toString();
    }

    /** As it is written in a table, where a bar ends a cell and an asterisk begins emphasis. */
    private static String cell(String text) {
        return text.replace("|", "\\|").replace("*", "\\*").replaceAll(" +", " ");
    }
}

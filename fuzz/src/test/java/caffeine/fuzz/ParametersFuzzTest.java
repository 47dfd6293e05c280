package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.HttpException;
import caffeine.http.form.FormLimits;
import caffeine.http.form.Parameters;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** A form in one line of text, and a query. */
class ParametersFuzzTest {
    private static final FormLimits SMALL = FormLimits.DEFAULTS.withFields(3);

    private static final Pattern ENCODED = Pattern.compile("(?s)(?:[^%]++|%[0-9A-Fa-f]{2})*+");

    /** Each takes time in proportion to the fields. */
    private static final int MOST_LOOKUPS = 10;

    @FuzzTest
    void form(byte[] data) {
        byte[] given = data.clone();
        for (FormLimits limits : new FormLimits[] {FormLimits.DEFAULTS, SMALL}) {
            List<String> expected = read(Pieces.latin1(data), limits.fields());
            List<String> found = found(() -> Parameters.ofContent(given, limits));
            requireEqual(expected, found, "by the grammar");
            String text = new String(data, StandardCharsets.UTF_8);
            List<String> query = found(() -> Parameters.ofQuery(text, limits));
            List<String> same =
                    read(Pieces.latin1(text.getBytes(StandardCharsets.UTF_8)), limits.fields());
            same.replaceAll(each -> each.equals("413") ? "414" : each);
            requireEqual(same, query, "as a query");
        }
        requireEqual(Pieces.latin1(data), Pieces.latin1(given), "it changed what it was given");
    }

    private interface Reading {
        Parameters read();
    }

    private static List<String> found(Reading reading) {
        Parameters parameters;
        try {
            parameters = reading.read();
        } catch (HttpException e) {
            return new ArrayList<>(List.of("" + e.status()));
        }
        List<String> found = new ArrayList<>();
        StringJoiner again = new StringJoiner("&");
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.name(i);
            found.add(name);
            found.add(parameters.value(i));
            if (i < MOST_LOOKUPS) {
                require(parameters.all(name).contains(parameters.value(i)), "all");
                requireEqual(parameters.all(name).getFirst(), "" + parameters.first(name), "first");
            }
            again.add(encoded(name) + "=" + encoded(parameters.value(i)));
        }
        requireEqual(names(found), List.copyOf(parameters.names()), "names");
        Parameters second = Parameters.ofQuery(again.toString());
        List<String> back = new ArrayList<>();
        for (int i = 0; i < second.size(); i++) {
            back.add(second.name(i));
            back.add(second.value(i));
        }
        requireEqual(found, back, "encoded and decoded");
        return found;
    }

    private static List<String> names(List<String> found) {
        LinkedHashSet<String> names = new LinkedHashSet<>();
        for (int i = 0; i < found.size(); i += 2) {
            names.add(found.get(i));
        }
        return List.copyOf(names);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** WHATWG URL §5.1, in another way. */
    private static List<String> read(String octets, int most) {
        List<String> fields = new ArrayList<>();
        for (String pair : octets.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            if (fields.size() == 2 * most) {
                return new ArrayList<>(List.of("413"));
            }
            String[] parts = pair.split("=", 2);
            String name = decoded(parts[0]);
            String value = parts.length == 1 ? "" : decoded(parts[1]);
            if (name == null || value == null) {
                return new ArrayList<>(List.of("400"));
            }
            fields.add(name);
            fields.add(value);
        }
        return fields;
    }

    private static @Nullable String decoded(String text) {
        if (!ENCODED.matcher(text).matches()) {
            return null;
        }
        String octets = URLDecoder.decode(text, StandardCharsets.ISO_8859_1);
        String decoded = new String(Pieces.bytes(octets), StandardCharsets.UTF_8);
        byte[] back = decoded.getBytes(StandardCharsets.UTF_8);
        return Pieces.latin1(back).equals(octets) ? decoded : null;
    }
}

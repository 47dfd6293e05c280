package caffeine.http.form;

import caffeine.http.Fields;
import caffeine.http.ValueReader;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A field value with parameters, RFC 9110 §5.6.6: {@code multipart/form-data; boundary="a b"}, or
 * {@code form-data; name=file}.
 *
 * @param value in lower case
 * @param parameters by name in lower case: what is between the quotes as it was sent, or the token
 */
public record ParameterizedValue(String value, Map<String, String> parameters) {

    /** Copies the parameters. */
    public ParameterizedValue {
        parameters = Map.copyOf(parameters);
    }

    /** Reads a field value; null when it is none. */
    public static @Nullable ParameterizedValue of(String text) {
        ValueReader in = new ValueReader(text);
        String value = in.token();
        if (in.skip('/')) { // a media type
            String subtype = in.token();
            value = value.isEmpty() || subtype.isEmpty() ? "" : value + "/" + subtype;
        }
        Map<String, String> parameters = new HashMap<>();
        return !value.isEmpty() && read(in, parameters)
                ? new ParameterizedValue(value.toLowerCase(Locale.ROOT), parameters)
                : null;
    }

    private static boolean read(ValueReader in, Map<String, String> parameters) {
        for (in.skipWhitespace(); in.skip(';'); in.skipWhitespace()) {
            in.skipWhitespace();
            String name = in.token().toLowerCase(Locale.ROOT);
            if (name.isEmpty()) {
                continue; // RFC 9110 §5.6.6 allows empty ones
            }
            if (!in.skip('=')) {
                return false;
            }
            boolean quoted = in.isAt('"');
            String value = quoted ? in.quotedString() : in.token();
            if (value == null || (value.isEmpty() && !quoted)) {
                return false;
            }
            if (parameters.putIfAbsent(name, value) != null) {
                return false; // where one comes twice, readers differ in which they take
            }
        }
        return in.isAtEnd();
    }

    /** The parameter of that name, in lower case, with the backslashes in it; or null. */
    public @Nullable String parameter(String name) {
        return parameters.get(name);
    }

    /** Whether the only Content-Type is this, with any parameters. */
    static boolean isMediaType(Fields fields, String mediaType) {
        List<String> types = fields.all("Content-Type");
        ParameterizedValue type = types.size() == 1 ? of(types.getFirst()) : null;
        return type != null && type.value.equals(mediaType);
    }
}

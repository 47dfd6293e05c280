package caffeine.http;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * A field section: field lines in the order of the wire, RFC 9110 §5. Names are found in any letter
 * case; names and values are kept as they were sent, one character (ISO-8859-1) a byte, values
 * without the whitespace around them.
 *
 * <pre>{@code
 * List<String> languages = request.fields().all("Accept-Language");
 * }</pre>
 */
public interface Fields {

    /** The number of field lines. */
    int size();

    /**
     * The name in field line {@code i}, as sent.
     *
     * @throws IndexOutOfBoundsException when there is no such line
     */
    String name(int i);

    /**
     * The value in field line {@code i}.
     *
     * @throws IndexOutOfBoundsException when there is no such line
     */
    String value(int i);

    /** The first line of that name at {@code from} or behind it, or -1. */
    default int indexOf(String name, int from) {
        for (int i = from; i < size(); i++) {
            if (name.equalsIgnoreCase(name(i))) {
                return i;
            }
        }
        return -1;
    }

    /** The value of the first field line of that name, or null. */
    default @Nullable String first(String name) {
        int i = indexOf(name, 0);
        return i < 0 ? null : value(i);
    }

    /** The values of all field lines of that name, in order. */
    default List<String> all(String name) {
        List<String> values = new ArrayList<>();
        for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1)) {
            values.add(value(i));
        }
        return values;
    }

    /**
     * Whether a response may have the field of that name, in any letter case, only once: its value
     * is not a list, so that recipients differ in which of two lines they take (RFC 9110 §5.3).
     * These are the ones of RFC 9110, RFC 9111 and some other specifications.
     */
    static boolean isSingleton(String name) {
        return switch (name.length()) {
            case 3 -> name.equalsIgnoreCase("Age");
            case 4 -> name.equalsIgnoreCase("Date") || name.equalsIgnoreCase("ETag");
            case 6 -> name.equalsIgnoreCase("Server");
            case 7 -> name.equalsIgnoreCase("Expires");
            case 8 -> name.equalsIgnoreCase("Location");
            case 11 -> name.equalsIgnoreCase("Retry-After");
            case 12 -> name.equalsIgnoreCase("Content-Type");
            case 13 ->
                    name.equalsIgnoreCase("Content-Range")
                            || name.equalsIgnoreCase("Last-Modified");
            case 14 -> name.equalsIgnoreCase("Content-Length");
            case 16 -> name.equalsIgnoreCase("Content-Location");
            case 19 -> name.equalsIgnoreCase("Content-Disposition"); // RFC 6266 §4.1
            case 25 -> name.equalsIgnoreCase("Strict-Transport-Security"); // RFC 6797 §7.1
            case 27 -> name.equalsIgnoreCase("Access-Control-Allow-Origin"); // Fetch §3.3.3
            default -> false;
        };
    }

    /** Whether there is a field line of that name. */
    default boolean contains(String name) {
        return indexOf(name, 0) >= 0;
    }
}

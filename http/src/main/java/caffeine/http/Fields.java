package caffeine.http;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * A field section: field lines in the order of the wire, RFC 9110 §5. Names are found whatever
 * their letter case; names and values are kept as they were sent, one character (ISO-8859-1) a
 * byte, values without the whitespace around them.
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

    /** Whether there is a field line of that name. */
    default boolean contains(String name) {
        return indexOf(name, 0) >= 0;
    }
}

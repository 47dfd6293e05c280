package caffeine.http.form;

import caffeine.http.Fields;
import caffeine.http.HttpException;
import caffeine.http.PercentEncoding;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Names with values, as in a query or in content of the type application/x-www-form-urlencoded, in
 * the order of the wire: {@code q=caf%C3%A9+au+lait&page=2} has {@code q} with {@code "café au
 * lait"} and {@code page} with {@code "2"}. A name may come several times, and has then as many
 * values. Names are found in the letter case in which they were sent. Immutable.
 *
 * <p>They are parsed as WHATWG URL §5.1 says, with one departure: a malformed percent-triple, and
 * bytes that are not in UTF-8, are refused, because no browser sends them, and readers differ in
 * what they make of them.
 *
 * <p>A name is found by comparing it with at most {@link FormLimits#fields} others. So a client
 * gains nothing by names with equal hash codes.
 *
 * <pre>{@code
 * Parameters.ofQuery("q=tea&page=2").first("page") // 2
 * }</pre>
 */
public final class Parameters {

    /** The media type of a form that is sent as one line of text. */
    public static final String MEDIA_TYPE = "application/x-www-form-urlencoded";

    /** Too many fields are well-formed, so the status is that of a content too large. */
    private static final Excess CONTENT = new Excess(413, "RFC 9110 §15.5.14");

    /** Or of a target too long, for a query. */
    private static final Excess QUERY = new Excess(414, "RFC 9110 §15.5.15");

    private static final String SECTION = "WHATWG URL §5.1";

    private final List<String> names = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    private record Excess(int status, String section) {}

    private Parameters(String octets, FormLimits limits, Excess excess) {
        for (int start = 0, end; start < octets.length(); start = end + 1) {
            int ampersand = octets.indexOf('&', start);
            end = ampersand < 0 ? octets.length() : ampersand;
            if (end == start) {
                continue;
            }
            if (names.size() == limits.fields()) {
                throw new HttpException(
                        excess.status, excess.section, "more than " + limits.fields() + " fields");
            }
            add(octets.substring(start, end));
        }
    }

    private void add(String pair) {
        int equals = pair.indexOf('=');
        names.add(text(equals < 0 ? pair : pair.substring(0, equals)));
        values.add(equals < 0 ? "" : text(pair.substring(equals + 1)));
    }

    private static String text(String encoded) {
        String octets = PercentEncoding.decoded(encoded.replace('+', ' '));
        return PercentEncoding.utf8(octets, SECTION, "a field");
    }

    /**
     * The parameters of a query, within {@link FormLimits#DEFAULTS}.
     *
     * @param rawQuery as {@link caffeine.http.RequestTarget#rawQuery} has it; null has none
     * @throws HttpException 400 for a malformed triple, or text that is not in UTF-8; 414 for too
     *     many
     */
    public static Parameters ofQuery(@Nullable String rawQuery) {
        return ofQuery(rawQuery, FormLimits.DEFAULTS);
    }

    /**
     * The parameters of a query, within other limits.
     *
     * @throws HttpException as {@link #ofQuery(String)}
     */
    public static Parameters ofQuery(@Nullable String rawQuery, FormLimits limits) {
        byte[] bytes = rawQuery == null ? new byte[0] : rawQuery.getBytes(StandardCharsets.UTF_8);
        return new Parameters(new String(bytes, StandardCharsets.ISO_8859_1), limits, QUERY);
    }

    /**
     * The fields of a form, within {@link FormLimits#DEFAULTS}.
     *
     * @param content of the type {@link #MEDIA_TYPE}; the caller keeps ownership
     * @throws HttpException 400 for a malformed triple, or text that is not in UTF-8; 413 for too
     *     many
     */
    public static Parameters ofContent(byte[] content) {
        return ofContent(content, FormLimits.DEFAULTS);
    }

    /**
     * The fields of a form, within other limits.
     *
     * @throws HttpException as {@link #ofContent(byte[])}
     */
    public static Parameters ofContent(byte[] content, FormLimits limits) {
        return new Parameters(new String(content, StandardCharsets.ISO_8859_1), limits, CONTENT);
    }

    /**
     * Whether the content of a request is such a form, by its Content-Type. Parameters of the type
     * do not matter: the coding is always UTF-8.
     */
    public static boolean areContentOf(Fields fields) {
        return ParameterizedValue.isMediaType(fields, MEDIA_TYPE);
    }

    /** The number of values. */
    public int size() {
        return names.size();
    }

    /**
     * The name of value {@code i}.
     *
     * @throws IndexOutOfBoundsException when there is no such value
     */
    public String name(int i) {
        return names.get(i);
    }

    /**
     * Value {@code i}; {@code ""} for a name without one.
     *
     * @throws IndexOutOfBoundsException when there is no such value
     */
    public String value(int i) {
        return values.get(i);
    }

    /** The first value of that name, or null. */
    public @Nullable String first(String name) {
        int i = names.indexOf(name);
        return i < 0 ? null : values.get(i);
    }

    /** All values of that name, in order. Unmodifiable. */
    public List<String> all(String name) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                all.add(values.get(i));
            }
        }
        return Collections.unmodifiableList(all);
    }

    /** Whether there is a value of that name. */
    public boolean contains(String name) {
        return names.contains(name);
    }

    /**
     * The different names, in the order of their first values. Unmodifiable. (The JDK's sets keep
     * strings of one hash code in a tree.)
     */
    public Set<String> names() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(names));
    }
}

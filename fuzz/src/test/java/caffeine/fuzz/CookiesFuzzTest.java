package caffeine.fuzz;

import static caffeine.fuzz.Pieces.require;
import static caffeine.fuzz.Pieces.requireEqual;

import caffeine.http.FieldList;
import caffeine.http.HttpDate;
import caffeine.http.Syntax;
import caffeine.http.form.Cookies;
import caffeine.http.form.SetCookie;
import caffeine.http.form.SetCookie.SameSite;

import com.code_intelligence.jazzer.junit.FuzzTest;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cookie fields, one a line; and the same lines as the parts of a Set-Cookie. */
class CookiesFuzzTest {
    private static final String OCTETS = "[!#-+\\--:<-\\[\\]-~]*+";

    /** cookie-pair, RFC 6265 §4.1.1. */
    private static final Pattern PAIR =
            Pattern.compile("(" + Grammar.TOKEN + ")=(" + OCTETS + "|\"" + OCTETS + "\")");

    private static final @Nullable SameSite[] RULES = {
        null, SameSite.STRICT, SameSite.LAX, SameSite.NONE
    };

    @FuzzTest
    void fields(byte[] data) {
        String[] lines = Pieces.latin1(data).split("\n", -1);
        cookies(lines);
        setCookie(lines, Arrays.hashCode(data));
    }

    private static void cookies(String[] lines) {
        FieldList fields = new FieldList();
        for (String line : lines) {
            if (Syntax.isFieldValue(line)) { // no parser lets another pass
                fields.add("Cookie", line);
            }
        }
        Map<String, String> expected = new LinkedHashMap<>();
        for (String line : fields.all("Cookie")) {
            for (String each : line.split(";", -1)) {
                Matcher pair = PAIR.matcher(each.replaceAll("^[ \t]+|[ \t]+\\z", ""));
                if (pair.matches() && expected.size() < Cookies.MOST) {
                    expected.putIfAbsent(pair.group(1), pair.group(2));
                }
            }
        }
        Cookies cookies = Cookies.of(fields);
        requireEqual(expected.size(), cookies.size(), "how many");
        requireEqual(List.copyOf(expected.keySet()), List.copyOf(cookies.names()), "names");
        expected.forEach(
                (name, value) -> {
                    requireEqual(value, "" + cookies.first(name), name);
                    if (name.length() + value.length() <= 4096) {
                        SetCookie set = SetCookie.of(name, value);
                        judge(set);
                        judge(set.withSameSite(SameSite.NONE).withPartitioned().expired());
                    }
                });
    }

    /** Lines: name, value, path, domain, seconds. The bits decide about what is yes or no. */
    private static void setCookie(String[] lines, int bits) {
        String domain = part(lines, 3);
        String seconds = part(lines, 4);
        long number =
                seconds == null || !seconds.matches("-?[0-9]{1,12}") ? 1 : Long.parseLong(seconds);
        SetCookie cookie;
        try {
            cookie =
                    new SetCookie(
                            lines[0],
                            lines.length > 1 ? lines[1] : "",
                            part(lines, 2),
                            domain,
                            (bits & 1) == 0 ? null : Duration.ofSeconds(number),
                            (bits & 2) == 0 ? null : Instant.ofEpochSecond(number),
                            (bits & 4) == 0,
                            (bits & 8) == 0,
                            RULES[(bits >> 4) & 3],
                            (bits & 64) == 0);
        } catch (IllegalArgumentException _) {
            return;
        }
        judge(cookie);
        judge(cookie.expired());
    }

    private static @Nullable String part(String[] lines, int i) {
        return i >= lines.length || lines[i].isEmpty() ? null : lines[i];
    }

    /** A client reads it as RFC 6265 §5.2 says, takes it, and sends the same pair back. */
    private static void judge(SetCookie cookie) {
        String field = cookie.fieldValue();
        require(Syntax.isFieldValue(field), "no field value: " + field);
        requireEqual(field, FieldList.of("Set-Cookie", field).value(0), "whitespace around it");
        List<String> parts = new ArrayList<>(List.of(field.split(";", -1)));
        String pair = parts.removeFirst();
        String[] nameAndValue = pair.split("=", 2);
        requireEqual(cookie.name(), nameAndValue[0].strip(), "name");
        requireEqual(cookie.value(), nameAndValue[1].strip(), "value");
        Cookies sent = Cookies.of(FieldList.of("Cookie", pair));
        requireEqual(cookie.value(), "" + sent.first(cookie.name()), "sent back");

        Map<String, String> attributes = new LinkedHashMap<>();
        for (String part : parts) {
            String[] attribute = part.split("=", 2);
            String value = attribute.length == 1 ? "" : attribute[1].strip();
            String before = attributes.put(attribute[0].strip(), value);
            require(before == null, "twice: " + field);
        }
        same(cookie.path(), attributes.remove("Path"), field);
        same(cookie.domain(), attributes.remove("Domain"), field);
        Duration age = cookie.maxAge();
        same(age == null ? null : "" + age.toSeconds(), attributes.remove("Max-Age"), field);
        Instant time = cookie.expires();
        String expires = attributes.remove("Expires");
        same(
                time == null ? null : "" + time.getEpochSecond(),
                expires == null ? null : "" + HttpDate.parse(expires).orElse(Long.MIN_VALUE),
                field);
        requireEqual(cookie.secure(), attributes.remove("Secure") != null, field);
        requireEqual(cookie.httpOnly(), attributes.remove("HttpOnly") != null, field);
        SameSite rule = cookie.sameSite();
        String found = attributes.remove("SameSite");
        same(
                rule == null ? null : "" + rule,
                found == null ? null : found.toUpperCase(Locale.ROOT),
                field);
        requireEqual(cookie.partitioned(), attributes.remove("Partitioned") != null, field);
        require(attributes.isEmpty(), "more: " + field);
        accepted(cookie);
    }

    private static void same(@Nullable String one, @Nullable String other, String field) {
        requireEqual(one == null ? "none" : one, other == null ? "none" : other, field);
    }

    /** RFC 6265bis §5.7. */
    private static void accepted(SetCookie cookie) {
        String name = cookie.name().toLowerCase(Locale.ROOT);
        boolean needsSecure =
                name.startsWith("__secure-")
                        || name.startsWith("__host-")
                        || cookie.partitioned()
                        || cookie.sameSite() == SameSite.NONE;
        require(cookie.secure() || !needsSecure, "Secure: " + cookie);
        if (name.startsWith("__host-")) {
            require(cookie.domain() == null && "/".equals(cookie.path()), "__Host-: " + cookie);
        }
    }
}

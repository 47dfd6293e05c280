package caffeine.http.form;

import caffeine.http.HttpDate;
import caffeine.http.Syntax;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

/**
 * A cookie as a server sets it, RFC 6265 §4.1, with SameSite and the prefixes of names from RFC
 * 6265bis, and Partitioned (CHIPS). Immutable, and always valid: a cookie that clients would refuse
 * cannot be made.
 *
 * <pre>
 *   SetCookie session = SetCookie.of("__Host-session", id).withHttpOnly().withSameSite(LAX);
 *   response.with("Set-Cookie", session.fieldValue());
 *   response.with("Set-Cookie", session.expired().fieldValue()); // deletes it
 * </pre>
 *
 * @param name a token
 * @param value printable ASCII without space, quote, comma, semicolon and backslash, perhaps
 *     between quotes, which belong to it; other text must be encoded, with Base64 for example
 * @param path below which clients send it, with a slash first; null for the folder of the request
 * @param domain to whose hosts clients send it; null for the host of the request alone
 * @param maxAge after which it expires, at least a second; whole seconds count. Null for the end of
 *     the client's session, or what {@code expires} says
 * @param expires when it expires, where there is no {@code maxAge}
 * @param secure clients send it over TLS only
 * @param httpOnly scripts in a page cannot read it
 * @param sameSite when clients send it with requests of other sites; null leaves that to them
 * @param partitioned clients keep another one for each site that embeds this one
 */
public record SetCookie(
        String name,
        String value,
        @Nullable String path,
        @Nullable String domain,
        @Nullable Duration maxAge,
        @Nullable Instant expires,
        boolean secure,
        boolean httpOnly,
        @Nullable SameSite sameSite,
        boolean partitioned) {

    /** When clients send a cookie with a request that comes from another site, RFC 6265bis. */
    public enum SameSite {
        /** Never. */
        STRICT("Strict"),
        /** When the user follows a link. */
        LAX("Lax"),
        /** Always. */
        NONE("None");

        private final String text;

        SameSite(String text) {
            this.text = text;
        }
    }

    private static final String SECURE_PREFIX = "__Secure-";
    private static final String HOST_PREFIX = "__Host-";

    /** RFC 6265bis §5.6: clients ignore what is longer. */
    private static final int MOST_PAIR_BYTES = 4096;

    private static final int MOST_ATTRIBUTE_BYTES = 1024;

    /** RFC 6265 §5.1.1: clients ignore earlier years. */
    private static final Instant FIRST_DATE = Instant.parse("1601-01-01T00:00:00Z");

    private static final Instant LAST_DATE = Instant.parse("9999-12-31T23:59:59Z");

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for a name, value, path, domain or time that a cookie cannot
     *     have; for SameSite=None or Partitioned without Secure; for a {@code __Secure-} name
     *     without Secure; for a {@code __Host-} name without Secure and the path {@code /}, or with
     *     a domain
     */
    public SetCookie {
        require(Syntax.isToken(name), "the name is not a token (RFC 6265 §4.1.1)");
        require(
                Cookies.isValue(value),
                "the value holds a character that no cookie can have (RFC 6265 §4.1.1); encode it");
        require(
                name.length() + value.length() <= MOST_PAIR_BYTES,
                "name and value are longer than " + MOST_PAIR_BYTES + " bytes together");
        require(path == null || isPath(path), "the path is not \"/\" and characters of a path");
        require(
                domain == null || isDomain(domain),
                "the domain is not a name with dots between its labels only");
        require(
                maxAge == null || maxAge.compareTo(Duration.ofSeconds(1)) >= 0,
                "Max-Age is less than a second; use expired() to delete a cookie");
        require(
                expires == null || !(expires.isBefore(FIRST_DATE) || expires.isAfter(LAST_DATE)),
                "Expires is not within the years 1601 to 9999");
        require(secure || sameSite != SameSite.NONE, "SameSite=None requires Secure");
        require(secure || !partitioned, "Partitioned requires Secure");
        require(secure || !hasPrefix(name, SECURE_PREFIX), SECURE_PREFIX + " requires Secure");
        require(
                !hasPrefix(name, HOST_PREFIX) || (secure && domain == null && "/".equals(path)),
                HOST_PREFIX + " requires Secure and Path=/, and no Domain");
    }

    /**
     * A cookie without attributes, except for those that its name requires: Secure for {@code
     * __Secure-}, and also the path {@code /} for {@code __Host-}.
     *
     * @throws IllegalArgumentException for a name or value that no cookie can have
     */
    public static SetCookie of(String name, String value) {
        boolean host = hasPrefix(name, HOST_PREFIX);
        boolean secure = host || hasPrefix(name, SECURE_PREFIX);
        String path = host ? "/" : null;
        return new SetCookie(name, value, path, null, null, null, secure, false, null, false);
    }

    /** The same cookie with another value. */
    public SetCookie withValue(String text) {
        return new SetCookie(
                name, text, path, domain, maxAge, expires, secure, httpOnly, sameSite, partitioned);
    }

    /** The same cookie for a path and what is below it. */
    public SetCookie withPath(String prefix) {
        return new SetCookie(
                name,
                value,
                prefix,
                domain,
                maxAge,
                expires,
                secure,
                httpOnly,
                sameSite,
                partitioned);
    }

    /** The same cookie for a domain and its subdomains. */
    public SetCookie withDomain(String host) {
        return new SetCookie(
                name, value, path, host, maxAge, expires, secure, httpOnly, sameSite, partitioned);
    }

    /** The same cookie, which expires after that time. */
    public SetCookie withMaxAge(Duration age) {
        return new SetCookie(
                name, value, path, domain, age, null, secure, httpOnly, sameSite, partitioned);
    }

    /** The same cookie, which expires at that time, by the clock of the client. */
    public SetCookie withExpires(Instant time) {
        return new SetCookie(
                name, value, path, domain, null, time, secure, httpOnly, sameSite, partitioned);
    }

    /** The same cookie for TLS only. */
    public SetCookie withSecure() {
        return new SetCookie(
                name, value, path, domain, maxAge, expires, true, httpOnly, sameSite, partitioned);
    }

    /** The same cookie, hidden from scripts in pages. */
    public SetCookie withHttpOnly() {
        return new SetCookie(
                name, value, path, domain, maxAge, expires, secure, true, sameSite, partitioned);
    }

    /** The same cookie with that rule for other sites; {@link SameSite#NONE} adds Secure. */
    public SetCookie withSameSite(SameSite rule) {
        boolean tls = secure || rule == SameSite.NONE;
        return new SetCookie(
                name, value, path, domain, maxAge, expires, tls, httpOnly, rule, partitioned);
    }

    /** The same cookie, one for each embedding site; adds Secure. */
    public SetCookie withPartitioned() {
        return new SetCookie(
                name, value, path, domain, maxAge, expires, true, httpOnly, sameSite, true);
    }

    /**
     * What deletes this cookie in the client: the same name, path, domain and partition, without
     * the value, and expired since 1970 (RFC 6265 §3.1). A Max-Age of 0 is not in the grammar
     * (§4.1.1).
     */
    public SetCookie expired() {
        return withValue("").withExpires(Instant.EPOCH);
    }

    /** The value of the field Set-Cookie, RFC 6265 §4.1.1. */
    public String fieldValue() {
        StringBuilder text = new StringBuilder(name).append('=').append(value);
        add(text, "Path", path);
        add(text, "Domain", domain);
        add(text, "Max-Age", maxAge == null ? null : Long.toString(maxAge.toSeconds()));
        add(text, "Expires", expires == null ? null : date(expires));
        text.append(secure ? "; Secure" : "").append(httpOnly ? "; HttpOnly" : "");
        add(text, "SameSite", sameSite == null ? null : sameSite.text);
        return text.append(partitioned ? "; Partitioned" : "").toString();
    }

    private static void add(StringBuilder text, String attribute, @Nullable String value) {
        if (value != null) {
            text.append("; ").append(attribute).append('=').append(value);
        }
    }

    private static String date(Instant time) {
        return new String(HttpDate.format(time.getEpochSecond()), StandardCharsets.ISO_8859_1);
    }

    private static void require(boolean holds, String violation) {
        if (!holds) {
            throw new IllegalArgumentException("not a cookie: " + violation);
        }
    }

    /** RFC 6265bis: clients find the prefixes in any letter case. */
    private static boolean hasPrefix(String name, String prefix) {
        return name.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    /** path-value, RFC 6265 §4.1.1. Without a slash first, clients ignore it (§5.2.4). */
    private static boolean isPath(String text) {
        return text.startsWith("/")
                && text.length() <= MOST_ATTRIBUTE_BYTES
                && text.chars().allMatch(c -> c >= ' ' && c <= '~' && c != ';')
                && !text.endsWith(" "); // clients would take it off
    }

    /** A host name. A dot first would be ignored, and is not permitted (RFC 6265 §4.1.2.3). */
    private static boolean isDomain(String text) {
        return !text.isEmpty()
                && text.length() <= MOST_ATTRIBUTE_BYTES
                && text.chars().allMatch(c -> c == '.' || isHostNameChar(c))
                && !("." + text + ".").contains("..");
    }

    private static boolean isHostNameChar(int c) {
        return c <= 0x7F && Syntax.isHostNameChar((byte) c);
    }
}

/**
 * Which bytes answer a request for a representation that exists (RFC 9110): conditions (§13),
 * ranges (§14), codings (§12.5.3), and media types.
 */
package caffeine.http.representation;

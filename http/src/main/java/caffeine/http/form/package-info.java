/**
 * What a program reads from a request, and browsers write: queries and forms (WHATWG URL §5, RFC
 * 7578), and cookies in both directions (RFC 6265). No input, output or storage of files.
 */
package caffeine.http.form;

/**
 * HTTP/1.1 messages, RFC 9112: bytes in, requests out; responses in, bytes out. Nothing here knows
 * of a connection.
 */
package caffeine.http.h1;

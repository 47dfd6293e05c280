/**
 * The vocabulary of HTTP: the parts of requests and responses, and violations. Bytes and values
 * only; no socket, file, thread or clock.
 */
package caffeine.http;

/**
 * HTTP's vocabulary: what a request and a response consist of, and how a violation is told. Pure
 * bytes and values; no socket, file, thread or clock.
 */
package caffeine.http;

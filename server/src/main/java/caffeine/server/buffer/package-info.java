/** Native memory for bytes that outlive one read or write. */
package caffeine.server.buffer;

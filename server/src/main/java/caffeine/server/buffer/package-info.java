/** Native memory for bytes that outlive one read or one write. */
package caffeine.server.buffer;

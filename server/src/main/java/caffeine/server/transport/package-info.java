/** Clients' connections as bytes, whatever engine drives them: output, deadlines, closing. */
package caffeine.server.transport;

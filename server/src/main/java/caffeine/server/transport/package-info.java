/** Clients' connections as bytes, for all engines: output, deadlines, closing. */
package caffeine.server.transport;

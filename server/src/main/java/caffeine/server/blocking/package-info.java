/**
 * Connections in blocking style, over the JDK's sockets: threads that read and write, and the lanes
 * in which everything else happens, one thread at a time.
 */
package caffeine.server.blocking;

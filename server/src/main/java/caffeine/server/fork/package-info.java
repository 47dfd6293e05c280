/** The engine of a process for each connection. */
package caffeine.server.fork;

/** The engine of virtual threads: one for each connection, over the JDK's own sockets. */
package caffeine.server.virtual;

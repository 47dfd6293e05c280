/** Client sockets and listeners as raw descriptors. */
package caffeine.server.socket;

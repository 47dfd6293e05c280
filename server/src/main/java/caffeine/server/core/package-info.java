/** The protocol of one connection, its transport and its handler. */
package caffeine.server.core;

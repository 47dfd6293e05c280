/** The server as a part of somebody else's program. */
package caffeine.server.embed;

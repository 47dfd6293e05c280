/** The server as a part of a program. */
package caffeine.server.embed;

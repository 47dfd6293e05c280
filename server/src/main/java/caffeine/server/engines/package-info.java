/** The list of engines. */
package caffeine.server.engines;

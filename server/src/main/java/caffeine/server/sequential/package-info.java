/** The engine that serves one connection after another, with blocking calls. */
package caffeine.server.sequential;

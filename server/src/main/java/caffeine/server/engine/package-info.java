/** Arrangements of threads or processes around loops. */
package caffeine.server.engine;

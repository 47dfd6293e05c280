/** The engine of threads that share nothing: each has its own loop and its own listener. */
package caffeine.server.sharded;

/** The engine of one event loop and a pool of threads, which the loop hands readable clients to. */
package caffeine.server.reactor;

/** For tests of handlers: the whole protocol without socket, threads and clock. */
package caffeine.server.testkit;

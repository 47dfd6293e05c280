/** For tests of handlers: the whole protocol, but no socket, no thread and no time of its own. */
package caffeine.server.testkit;

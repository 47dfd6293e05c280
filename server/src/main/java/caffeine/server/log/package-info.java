/** Events, as log lines. */
package caffeine.server.log;

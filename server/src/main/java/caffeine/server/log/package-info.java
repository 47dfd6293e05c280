/** What happens, as log lines. */
package caffeine.server.log;

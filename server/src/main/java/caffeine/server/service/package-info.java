/** The common part of all engines: the shell, a loop with its clients, and their limits. */
package caffeine.server.service;

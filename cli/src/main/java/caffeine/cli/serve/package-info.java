/** A server from its start to its exit code: signals, reloads, and how others see it. */
package caffeine.cli.serve;

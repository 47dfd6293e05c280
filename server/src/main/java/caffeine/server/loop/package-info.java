/** One thread's loop: readiness, timers, tasks. */
package caffeine.server.loop;

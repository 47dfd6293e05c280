/**
 * How many scripts may run at a time, and which request is next; shared by threads or processes.
 */
package caffeine.server.slots;

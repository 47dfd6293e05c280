/**
 * How a URL becomes a process: what runs, what it reads, and how many at a time.
 *
 * <p>Read in this order: {@link caffeine.server.script.ScriptResolver}, {@link
 * caffeine.server.script.ContentSpool}, {@link caffeine.server.script.HandlerSlots}.
 */
package caffeine.server.script;

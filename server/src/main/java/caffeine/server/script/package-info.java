/**
 * From a URL to a process: which file runs, its input, and how many run at the same time.
 *
 * <p>Read in this order: {@link caffeine.server.script.ScriptResolver}, {@link
 * caffeine.server.script.ContentSpool}, {@link caffeine.server.slots.HandlerSlots}.
 */
package caffeine.server.script;

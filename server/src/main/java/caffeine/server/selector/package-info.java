/** The engine of one thread and the JDK's selector. */
package caffeine.server.selector;

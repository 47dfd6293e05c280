/** Handlers in Java: answers without a process. */
package caffeine.server.handler;

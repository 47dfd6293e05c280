/**
 * Handlers in Java: {@link caffeine.server.handler.Handlers} makes them from functions, from the
 * simple case to streams; and what {@code --app} names.
 */
package caffeine.server.handler;

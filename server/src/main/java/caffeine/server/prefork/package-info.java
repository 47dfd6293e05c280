/** The engine whose workers are processes: parent, workers, and their messages. */
package caffeine.server.prefork;

/** The engine whose workers are processes: parent, workers, and what they say to each other. */
package caffeine.server.prefork;

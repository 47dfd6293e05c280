/** The settings of a server, as values, from a command line, a file or a program. */
package caffeine.server.options;

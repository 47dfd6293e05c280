/** The settings of a server, as values: what the command line, a file or a program says. */
package caffeine.server.options;

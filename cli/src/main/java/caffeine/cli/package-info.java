/**
 * The command: from the words of the command line ({@link caffeine.cli.Main}) to a running engine
 * and back to an exit code.
 */
package caffeine.cli;

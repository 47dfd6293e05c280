/**
 * What the command was told: from the words of its command line and the file that they name to the
 * settings of an engine.
 */
package caffeine.cli.options;

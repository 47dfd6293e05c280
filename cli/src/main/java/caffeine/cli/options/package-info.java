/** From the command line and the configuration file to the settings of an engine. */
package caffeine.cli.options;

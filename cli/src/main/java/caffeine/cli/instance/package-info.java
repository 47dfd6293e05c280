/** Named instances: which of them run, and commands on them. */
package caffeine.cli.instance;

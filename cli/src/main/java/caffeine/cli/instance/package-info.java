/** Named instances: who runs, under which name, and what can be done with it from outside. */
package caffeine.cli.instance;

/** What is printed of the options: help, manual page, completion. */
package caffeine.cli.manual;

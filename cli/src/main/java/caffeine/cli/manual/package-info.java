/** Texts made from the options: help, manual page, completion. */
package caffeine.cli.manual;

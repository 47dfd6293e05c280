/** The choke point: the one function shape, native memory and the machine we are on. */
package caffeine.os.foreign;

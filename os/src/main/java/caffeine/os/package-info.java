/** System calls that any Unix knows, in Linux's dialect: sockets, files, processes. */
package caffeine.os;

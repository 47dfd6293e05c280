/** The machine under the bench: groups of processes, their CPU time, memory and system calls. */
@NullMarked
package caffeine.bench.host;

import org.jspecify.annotations.NullMarked;

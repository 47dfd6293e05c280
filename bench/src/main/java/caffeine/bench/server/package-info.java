/** The servers that are compared, and the scripts that they run. */
@NullMarked
package caffeine.bench.server;

import org.jspecify.annotations.NullMarked;

/** The {@code bench/run} command. */
@NullMarked
package caffeine.bench;

import org.jspecify.annotations.NullMarked;

/** Long mixed loads with faults on purpose, and what must be the same after them as before. */
@NullMarked
package caffeine.bench.soak;

import org.jspecify.annotations.NullMarked;

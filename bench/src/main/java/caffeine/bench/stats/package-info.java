/** What is made of many measurements. */
@NullMarked
package caffeine.bench.stats;

import org.jspecify.annotations.NullMarked;

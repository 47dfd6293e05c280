/** Load generators, and a client that asks once. */
@NullMarked
package caffeine.bench.client;

import org.jspecify.annotations.NullMarked;

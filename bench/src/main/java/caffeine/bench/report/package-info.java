/** Results for people and for programs. */
@NullMarked
package caffeine.bench.report;

import org.jspecify.annotations.NullMarked;

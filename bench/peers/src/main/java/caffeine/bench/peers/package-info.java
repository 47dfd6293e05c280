/** Other people's servers, each with the answer that ours gives as {@code --app hello}. */
@NullMarked
package caffeine.bench.peers;

import org.jspecify.annotations.NullMarked;

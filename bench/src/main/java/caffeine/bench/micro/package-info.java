/** JMH benchmarks of the protocol, on the same bytes as Netty's codec where it has one. */
@NullMarked
package caffeine.bench.micro;

import org.jspecify.annotations.NullMarked;

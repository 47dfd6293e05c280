package caffeine.bench.client;

/**
 * What a load generator says.
 *
 * @param requests how many were answered, failures included
 * @param failed how many of them were not answered well
 * @param failures the generator's words about them; empty when there are none
 * @param perSecond answered requests in a second
 * @param p50Millis half of them took no longer; NaN when nothing was answered
 * @param p99Millis 99 of 100 of them took no longer
 */
public record LoadResult(
        long requests,
        long failed,
        String failures,
        double perSecond,
        double p50Millis,
        double p99Millis) {}

package caffeine.bench.client;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;

/** A load generator. */
public sealed interface LoadClient permits Ab, Wrk {

    /** The program. */
    String name();

    /** What it does with connections, in a few words. */
    String manner();

    /** Which program at that, for the record. */
    String version();

    /**
     * Asks again and again.
     *
     * @param target what to ask for
     * @param connections how many at one time
     * @param time for about how long
     * @param requests how many in all, if known: a generator that can count makes just as many, so
     *     that none is cut off at the end; 0: as many as go in that time
     * @throws IOException when it gave up
     */
    LoadResult run(URI target, int connections, Duration time, long requests)
            throws IOException, InterruptedException;
}

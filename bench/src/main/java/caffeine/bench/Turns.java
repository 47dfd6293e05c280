package caffeine.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Servers that run all the time and take turns; each round begins with another one, so that noise
 * hits all alike.
 *
 * @param name what messages call a server
 * @param failure told of each step that failed
 */
record Turns<T>(Session session, List<T> all, Function<T, String> name, Failure<T> failure) {

    /** What is done with every server. */
    @FunctionalInterface
    interface Step<T> {
        /**
         * Does it.
         *
         * @throws IOException when it is impossible with this one; the others go on
         */
        void run(T each) throws IOException, InterruptedException;
    }

    /** What is done when that fails. */
    @FunctionalInterface
    interface Failure<T> {
        /**
         * Remembers it.
         *
         * @param what the step
         */
        void of(T each, String what, String why);
    }

    /** The same turns, with failures that are told to another. */
    Turns<T> failingTo(Failure<T> other) {
        return new Turns<>(session, all, name, other);
    }

    /** Does a step with every server, of no round. */
    void each(String what, Step<T> step) throws InterruptedException {
        session.progress(what);
        run(what, 0, step);
    }

    /**
     * Does a step with every server.
     *
     * @param round from 1
     * @param rounds how many there are
     */
    void each(String what, int round, int rounds, Step<T> step) throws InterruptedException {
        session.progress("round %d of %d: %s".formatted(round, rounds, what));
        run(what, round, step);
    }

    private void run(String what, int round, Step<T> step) throws InterruptedException {
        List<T> turns = new ArrayList<>(all);
        Collections.rotate(turns, -round);
        for (T each : turns) {
            try {
                step.run(each);
            } catch (IOException e) {
                failure.of(each, what, Session.reason(e));
                session.progress(name.apply(each) + ": " + Session.reason(e));
            }
        }
    }
}

package caffeine.server.loop;

/** The time. The system's clocks are read here and nowhere else. */
public interface Clock {

    /** Nanoseconds of a clock that never jumps; only differences mean something. */
    long nanoTime();

    /** Milliseconds since 1970-01-01 UTC, for output. */
    long epochMillis();

    /** The clocks of this machine. */
    Clock SYSTEM =
            new Clock() {
                @Override
                public long nanoTime() {
                    return System.nanoTime();
                }

                @Override
                public long epochMillis() {
                    return System.currentTimeMillis();
                }
            };
}

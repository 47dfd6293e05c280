package caffeine.server.testing;

import caffeine.server.loop.Clock;

/** A clock that stands still until a test moves it. */
public final class ManualClock implements Clock {

    /** Near the end of the numbers, so that a run crosses it: only differences mean something. */
    private long nowNs = Long.MAX_VALUE - 7_000_000_000L;

    private long epochMillis = 1_772_366_400_123L; // 2026-03-01T12:00:00.123Z

    public ManualClock() {}

    @Override
    public long nanoTime() {
        return nowNs;
    }

    @Override
    public long epochMillis() {
        return epochMillis;
    }

    public void advance(long ns) {
        nowNs += ns;
        epochMillis += ns / 1_000_000;
    }

    public void advanceSeconds(double seconds) {
        advance((long) (seconds * 1e9));
    }
}

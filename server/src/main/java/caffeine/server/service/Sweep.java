package caffeine.server.service;

import caffeine.os.Descriptors;
import caffeine.os.linux.TimerFd;
import caffeine.server.loop.Lane;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The time of all lanes: a timerfd, which ticks each second, and earlier when a lane has a timer
 * that is due earlier. So a deadline that each request postpones costs nothing, and is seen by the
 * next tick. Thread-safe.
 */
final class Sweep {

    private static final long TICK_NS = 1_000_000_000L;

    private record Planned(Lane lane, long atNs) {}

    private final int fd;

    /** The lanes of connections, the oldest first. */
    private final Set<Lane> lanes = new LinkedHashSet<>();

    /** What is due before the next tick. */
    private final PriorityQueue<Planned> soon =
            new PriorityQueue<>(Comparator.comparingLong(Planned::atNs));

    private long tickNs;

    /** When the timerfd expires. */
    private long armedNs;

    private boolean closed;

    /**
     * @param fd a timerfd; takes ownership
     */
    Sweep(int fd) {
        this.fd = fd;
    }

    synchronized void add(Lane lane) {
        lanes.add(lane);
    }

    synchronized void remove(Lane lane) {
        lanes.remove(lane);
    }

    /** Begins to tick. */
    synchronized void tick(long nowNs) {
        tickNs = nowNs + TICK_NS;
        arm(nowNs);
    }

    /** A later time than the next tick is found by that. */
    synchronized void plan(Lane lane, long atNs, long nowNs) {
        if (tickNs != 0 && atNs - tickNs >= 0 && lanes.contains(lane)) {
            return;
        }
        soon.add(new Planned(lane, atNs));
        if (tickNs != 0 && atNs - armedNs < 0) {
            arm(nowNs);
        }
    }

    private void arm(long nowNs) {
        Planned first = soon.peek();
        armedNs = first != null && first.atNs - tickNs < 0 ? first.atNs : tickNs;
        if (!closed) {
            int _ = TimerFd.set(fd, Math.max(1, armedNs - nowNs), 0);
        }
    }

    /**
     * The timerfd has expired: the lanes whose time has come; none, if another thread was first.
     */
    synchronized List<Lane> due(long nowNs) {
        List<Lane> due = new ArrayList<>();
        if (closed || TimerFd.drain(fd) < 0) {
            return due;
        }
        if (tickNs - nowNs <= 0) {
            tickNs = nowNs + TICK_NS;
            for (Lane lane : lanes) {
                long atNs = lane.dueNs();
                if (atNs == Lane.NEVER) {
                    continue;
                }
                if (atNs - nowNs <= 0) {
                    due.add(lane);
                } else if (atNs - tickNs < 0) {
                    soon.add(new Planned(lane, atNs));
                }
            }
        }
        Planned first = soon.peek();
        while (first != null && first.atNs - nowNs <= 0) {
            due.add(first.lane);
            soon.remove();
            first = soon.peek();
        }
        arm(nowNs);
        return due;
    }

    synchronized void close() {
        closed = true;
        Descriptors.close(fd);
    }
}

package caffeine.bench.soak;

import caffeine.bench.soak.Question.Kind;

import java.util.EnumMap;
import java.util.Map;

/** What became of requests, by kind; of one client, or of all. */
final class Tally {
    private final Map<Kind, Count> counts = new EnumMap<>(Kind.class);
    private final Map<Manner, Long> manners = new EnumMap<>(Manner.class);

    /** How a client goes about it. */
    enum Manner {
        KEPT("connections kept for several requests"),
        NEW("a connection for each request"),
        PIPELINED("several requests sent at once"),
        SLOW_SENDING("requests sent in small pieces"),
        SLOW_READING("answers read slowly, with a small window"),
        RESET("connections reset in the middle");

        final String label;

        Manner(String label) {
            this.label = label;
        }
    }

    /** Requests of one kind. */
    static final class Count {
        long whole;
        long lost;
        long reset;
        long bytesSent;
        long bytesReceived;

        private void add(Count other) {
            whole += other.whole;
            lost += other.lost;
            reset += other.reset;
            bytesSent += other.bytesSent;
            bytesReceived += other.bytesReceived;
        }
    }

    Count of(Kind kind) {
        return counts.computeIfAbsent(kind, _ -> new Count());
    }

    void count(Manner manner) {
        manners.merge(manner, 1L, Long::sum);
    }

    long of(Manner manner) {
        return manners.getOrDefault(manner, 0L);
    }

    void add(Tally other) {
        other.counts.forEach((kind, count) -> of(kind).add(count));
        other.manners.forEach((manner, count) -> manners.merge(manner, count, Long::sum));
    }

    /** All kinds together. */
    Count sum() {
        Count sum = new Count();
        counts.values().forEach(sum::add);
        return sum;
    }
}

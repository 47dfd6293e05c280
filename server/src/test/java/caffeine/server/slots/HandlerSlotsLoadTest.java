package caffeine.server.slots;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.os.Descriptors;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Loops that run, wait and give up as fast as they can, each over a mapping of its own. They do so
 * in short rounds that end only when nothing runs or waits any more: a lost wake-up, which the next
 * release would make up for under steady load, leaves its round unfinished.
 */
class HandlerSlotsLoadTest {

    private static final int LOOPS = 4;
    private static final int ROUNDS = Boolean.getBoolean("caffeine.full") ? 20_000 : 500;

    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger drained = new AtomicInteger();
    private volatile boolean failed;

    @ParameterizedTest
    @CsvSource({"1, 2", "2, 8", "3, 3"})
    void neverRunsTooManyNorLeavesOneWaiting(int handlers, int queue) throws InterruptedException {
        try (SharedSlots parents =
                SharedSlots.create(LOOPS, List.of(new SlotCount(handlers, queue)))) {
            List<Loop> loops = new ArrayList<>();
            for (int i = 0; i < LOOPS; i++) {
                loops.add(new Loop(SharedSlots.attach(duplicates(parents)), i));
            }
            loops.forEach(Thread::start);
            for (Loop loop : loops) {
                loop.join(TimeUnit.MINUTES.toMillis(5));
                assertThat(loop.isAlive()).isFalse();
                assertThat(loop.failure).isNull();
            }
            assertThat(most.get()).isBetween(1, handlers);
            assertThat(parents.parentView().running()).isZero();
            assertThat(parents.parentView().waiting()).isZero();
        }
    }

    private static int[] duplicates(SharedSlots slots) {
        int[] fds = slots.descriptors();
        for (int i = 0; i < fds.length; i++) {
            fds[i] = Descriptors.dup(fds[i], 3);
        }
        return fds;
    }

    private final class Loop extends Thread {
        private final SharedSlots shared;
        private final HandlerSlots slots;
        private final int wakeup;
        private final Random random;
        private int held;
        private int waiting;
        private @Nullable Throwable failure;

        Loop(SharedSlots shared, int worker) {
            this.shared = shared;
            this.slots = shared.view(worker);
            this.wakeup = shared.wakeupDescriptor(worker);
            this.random = new Random(worker);
            setDaemon(true);
        }

        @Override
        public void run() {
            try (shared) {
                for (int i = 1; i <= ROUNDS && !failed; i++) {
                    begin();
                    awaitAll(begun, i);
                    while (held > 0 || waiting > 0) {
                        end();
                        look(held > 0 || waiting == 0 ? 0 : -1);
                    }
                    awaitAll(drained, i);
                }
            } catch (RuntimeException e) {
                failure = e;
                failed = true;
            }
        }

        private void begin() {
            for (int requests = 1 + random.nextInt(3); requests > 0; requests--) {
                if (slots.tryAcquire()) {
                    started(1);
                } else if (slots.tryEnqueue()) {
                    waiting++;
                }
                giveUp();
                if (random.nextInt(3) == 0) {
                    end();
                }
            }
        }

        /** A client may leave at any time, also after its worker was woken for it. */
        private void giveUp() {
            if (waiting > 0 && random.nextInt(4) == 0) {
                slots.dequeue();
                waiting--;
            }
        }

        /** The loops are in step twice a round, so that they get into each other's way. */
        private void awaitAll(AtomicInteger count, int round) {
            count.incrementAndGet();
            while (count.get() < round * LOOPS && !failed) {
                look(1);
            }
        }

        private void end() {
            if (held > 0) {
                held--;
                running.decrementAndGet();
                slots.release();
            }
        }

        private void look(int timeoutMs) {
            if (Descriptors.poll(wakeup, Descriptors.POLLIN, timeoutMs) > 0) {
                giveUp();
                int freed = slots.takeFreed();
                waiting -= freed;
                started(freed);
            }
        }

        private void started(int count) {
            held += count;
            most.accumulateAndGet(running.addAndGet(count), Math::max);
        }
    }
}

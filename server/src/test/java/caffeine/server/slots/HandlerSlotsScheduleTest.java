package caffeine.server.slots;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;

/**
 * Interleavings of workers, one access to the shared words at a time, in an order that a seed
 * decides. In the end, when nobody has anything to do and nobody is woken, nothing may wait.
 */
class HandlerSlotsScheduleTest {

    private static final int SEEDS = Boolean.getBoolean("caffeine.full") ? 200_000 : 3_000;
    private static final int WORKERS = 3;

    @Test
    void noWakeupIsLost() throws InterruptedException {
        for (int seed = 0; seed < SEEDS; seed++) {
            new Schedule(seed, Integer.MAX_VALUE).run();
        }
    }

    @Test
    void noWakeupIsLostWhenAWorkerDiesBetweenAnyTwoAccesses() throws InterruptedException {
        for (int seed = 0; seed < SEEDS; seed++) {
            new Schedule(seed, seed % 60).run();
        }
    }

    /** Ends the thread of a worker. */
    private static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Schedule {
        private final int seed;
        private final Random random;
        private final int handlers;
        private final ByteBuffer words;
        private final SlotTable table;
        private final List<Thread> threads = new ArrayList<>();
        private final List<Worker> workers = new ArrayList<>();
        private final Semaphore quiet = new Semaphore(0);
        private final HandlerSlots parent;
        private int stepsOfFirst;
        private int running;
        private boolean over;
        private Worker current;

        /**
         * @param stepsOfFirst after how many accesses the first worker dies
         */
        Schedule(int seed, int stepsOfFirst) {
            this.seed = seed;
            this.random = new Random(seed);
            this.stepsOfFirst = stepsOfFirst;
            this.handlers = 1 + seed % 2;
            this.words = ByteBuffer.allocateDirect(SlotTable.bytes(WORKERS, handlers));
            this.table = SlotTable.create(words, WORKERS, handlers, 3);
            this.parent = new HandlerSlots(table, this::wake, WORKERS);
            for (int i = 0; i < WORKERS; i++) {
                workers.add(start(i));
            }
            this.current = workers.get(random.nextInt(WORKERS));
        }

        private Worker start(int index) {
            Worker worker = new Worker(this, index, new SteppedTable(words, this));
            threads.add(Thread.ofVirtual().start(worker));
            return worker;
        }

        private void wake(int worker) {
            workers.get(worker).woken = true;
        }

        void run() throws InterruptedException {
            current.turn.release();
            quiet.acquire();
            over = true;
            for (Worker worker : workers) {
                worker.turn.release();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(table.waiting()).as("waiting, seed %d", seed).isZero();
            assertThat(parent.running()).as("running, seed %d", seed).isZero();
        }

        /** Lets any worker that can go on do so; this one goes on when it is its turn again. */
        void step() {
            Worker me = current;
            if (me.index == 0 && stepsOfFirst-- == 0) {
                die(me);
            }
            List<Worker> ready = new ArrayList<>(workers);
            ready.removeIf(worker -> worker.dead || (worker.idle && !worker.woken));
            if (ready.isEmpty()) {
                quiet.release();
            } else {
                current = ready.get(random.nextInt(ready.size()));
                current.turn.release();
            }
            if (me.dead) {
                throw new Ended();
            }
            me.turn.acquireUninterruptibly();
            if (over) {
                throw new Ended();
            }
        }

        /** Ends a worker where it is, and starts another in its place. */
        private void die(Worker worker) {
            worker.dead = true;
            running -= worker.held;
            parent.forget(worker.index, 0);
            workers.set(worker.index, start(worker.index));
        }

        void started(int count) {
            running += count;
            if (running > handlers) {
                throw new AssertionError(running + " handlers, seed " + seed);
            }
        }
    }

    private static final class Worker implements Runnable {
        private final Schedule schedule;
        private final int index;
        private final HandlerSlots slots;
        private final Semaphore turn = new Semaphore(0);
        private boolean woken;
        private boolean idle;
        private boolean dead;
        private int held;

        Worker(Schedule schedule, int index, SlotTable table) {
            this.schedule = schedule;
            this.index = index;
            this.slots =
                    new HandlerSlots(
                            table, worker -> schedule.workers.get(worker).woken = true, index);
        }

        @Override
        public void run() {
            turn.acquireUninterruptibly();
            try {
                work();
            } catch (Ended e) {
                // As it should be.
            }
        }

        private void work() {
            int waiting = 0;
            for (int i = 0; i < 2; i++) {
                if (slots.tryAcquire()) {
                    hold(1);
                } else if (slots.tryEnqueue()) {
                    waiting++;
                }
                if (waiting > 0 && schedule.random.nextInt(4) == 0) {
                    slots.dequeue();
                    waiting--;
                }
            }
            while (true) {
                letGo();
                idle = true;
                schedule.step();
                idle = false;
                woken = false;
                int freed = slots.takeFreed();
                waiting -= freed;
                hold(freed);
                if (waiting > 0 && schedule.random.nextInt(4) == 0) {
                    slots.dequeue();
                    waiting--;
                }
            }
        }

        private void hold(int count) {
            held += count;
            schedule.started(count);
        }

        private void letGo() {
            while (held > 0) {
                held--;
                schedule.running--;
                slots.release();
            }
        }
    }

    /** A table whose every access is a step. */
    private static final class SteppedTable extends SlotTable {
        private final Schedule schedule;

        SteppedTable(ByteBuffer words, Schedule schedule) {
            super(words);
            this.schedule = schedule;
        }

        @Override
        int owner(int slot) {
            schedule.step();
            return super.owner(slot);
        }

        @Override
        boolean changeOwner(int slot, int from, int to) {
            schedule.step();
            return super.changeOwner(slot, from, to);
        }

        @Override
        int waiting(int worker) {
            schedule.step();
            return super.waiting(worker);
        }

        @Override
        void addWaiting(int worker, int change) {
            schedule.step();
            super.addWaiting(worker, change);
        }

        @Override
        boolean markWoken(int worker) {
            schedule.step();
            return super.markWoken(worker);
        }

        @Override
        void setTurn(int worker) {
            schedule.step();
            super.setTurn(worker);
        }

        @Override
        void clearWoken(int worker) {
            schedule.step();
            super.clearWoken(worker);
        }
    }
}
